"""Random network descriptions, small enough to build and run in milliseconds."""

from hypothesis import strategies as st

from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    Embedding,
    Hidden,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
    with_expansion,
)


def detectors(kind: type[SSD] | type[SSDLite]) -> st.SearchStrategy[SSD | SSDLite]:
    return st.builds(
        kind,
        st.integers(1, 5),
        st.just((32, 16)),
        st.tuples(*[st.sampled_from([1, 3])] * 4),
        st.just(tensorflow_anchors(4)),
        st.sampled_from(["expansion", "output"]),
    )


hidden_layers = st.builds(Hidden, st.integers(1, 40), st.sampled_from(["relu", "relu6"]))

heads = st.one_of(
    st.builds(
        Classifier,
        st.integers(1, 20),
        st.one_of(st.none(), hidden_layers),
        st.sampled_from(["softmax", "sigmoid"]),
    ),
    detectors(SSD),
    detectors(SSDLite),
    st.builds(DeepLab, st.integers(2, 5), st.sampled_from([(), (2, 3)]), st.just(16)),
    st.just(Embedding()),
)

mobilenet_v2s = st.builds(
    with_expansion,
    st.builds(
        MobileNetV2,
        last_channel=st.sampled_from(["paper", "scaled"]),
        bottleneck_activation=st.sampled_from(["none", "relu6"]),
        shortcut=st.sampled_from(["bottleneck", "expansion", "none"]),
    ),
    st.integers(1, 10),
)

specs = st.builds(
    Spec,
    backbone=st.one_of(mobilenet_v2s, st.just(MobileNetV1())),
    head=heads,
    width=st.floats(0.05, 1.5),
    size=st.tuples(st.integers(33, 97), st.integers(33, 97)),
    output_stride=st.sampled_from([8, 16, 32]),
    padding=st.sampled_from(["tensorflow", "torch"]),
    batch_norm_epsilon=st.sampled_from([None, 1e-3, 1e-5]),
)
