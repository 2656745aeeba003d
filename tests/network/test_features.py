"""Features are what the last layer reads, and need no more of a network than what comes before."""

import pytest

from mobilenetv2.network.build import build
from mobilenetv2.network.features import feature_graph
from mobilenetv2.network.graph import Shape
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
)


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (Spec(head=Classifier(10)), Shape(1, 1, 1280)),
        (Spec(head=Classifier(10), width=0.35), Shape(1, 1, 1280)),
        (Spec(head=Classifier(10, hidden=Hidden(64))), Shape(1, 1, 1280)),
        (Spec(head=Classifier(10), backbone=MobileNetV1()), Shape(1, 1, 1024)),
        (Spec(head=SSDLite(10), size=(320, 320)), Shape(10, 10, 1280)),
        (Spec(head=SSD(10), size=(320, 320), backbone=MobileNetV1()), Shape(10, 10, 1024)),
        (Spec(head=DeepLab(21), size=(513, 513)), Shape(17, 17, 320)),
    ],
)
def test_the_shape_of_features(spec: Spec, shape: Shape):
    whole = build(spec)
    graph = feature_graph(whole, spec)
    graph.check()
    (output,) = graph.outputs
    assert graph.by_name[output].shape == shape
    assert set(graph.nodes) < set(whole.nodes)
    assert not any(node.name.startswith(("logits", "box", "class", "aspp")) for node in graph.nodes)


@pytest.mark.parametrize("backbone", [MobileNetV2(), MobileNetV1()])
def test_a_network_without_a_head_is_a_classifier_up_to_its_features(backbone):
    classifier = Spec(backbone=backbone, head=Classifier(10))
    alone = Spec(backbone=backbone, head=Embedding())
    assert build(alone) == feature_graph(build(classifier), classifier)
    assert feature_graph(build(alone), alone) == build(alone)
