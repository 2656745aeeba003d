"""A segmenter's spec is found from shapes alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import DeepLab, Spec
from mobilenetv2.weights.infer import Conventions
from mobilenetv2.weights.infer_segmenter import infer_segmenter

CONVENTIONS = Conventions((129, 97), "tensorflow", 1e-3)


def spec_of(head: DeepLab, width: float = 1.0, output_stride: int = 16) -> Spec:
    return Spec(head=head, width=width, size=(129, 97), output_stride=output_stride)


def shapes(head: DeepLab, width: float = 1.0) -> dict[str, tuple[int, ...]]:
    return build(spec_of(head, width)).parameter_shapes


@given(
    st.integers(1, 30), st.sampled_from([(), (6, 12, 18)]), st.integers(1, 300),
    st.sampled_from([0.35, 0.5, 1.0]),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_the_published_heads_are_found(classes, rates, channels, width):
    head = DeepLab(classes, rates, channels)
    assert infer_segmenter(shapes(head, width), CONVENTIONS) == spec_of(head, width)


def test_at_output_stride_8_the_published_rates_are_doubled():
    found = infer_segmenter(shapes(DeepLab(21, (6, 12, 18))), CONVENTIONS, output_stride=8)
    assert found == spec_of(DeepLab(21, (12, 24, 36)), output_stride=8)


def test_other_rates_are_given():
    head = DeepLab(21, (2, 4))
    assert infer_segmenter(shapes(head), CONVENTIONS, aspp_rates=(2, 4)).head == head
    with pytest.raises(CheckpointError, match="2 atrous branches"):
        infer_segmenter(shapes(head), CONVENTIONS)


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("aspp.image.weight", (256, 319, 1, 1), "first aspp.image"),
        ("aspp.point.weight", (10**7, 320, 1, 1), "not a MobileNetV2 segmenter"),
        ("aspp.point.weight", (0, 320, 1, 1), "not a MobileNetV2 segmenter"),
        ("logits.weight", (10**7, 256, 1, 1), "1,000,000 classes"),
        ("logits.weight", (21,), "four-dimensional"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, shape, reason):
    with pytest.raises(CheckpointError, match=reason):
        infer_segmenter(shapes(DeepLab()) | {name: shape}, CONVENTIONS)
