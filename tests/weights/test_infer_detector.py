"""A detector's spec is found from shapes alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import Anchors, tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Spec, SSDLite
from mobilenetv2.weights.infer import Conventions
from mobilenetv2.weights.infer_detector import infer_detector
from tests.specs import detectors

CONVENTIONS = Conventions((320, 256), "torch", None)


def spec_of(head: SSD | SSDLite, width: float = 1.0) -> Spec:
    return Spec(head=head, width=width, size=(320, 256), padding="torch", batch_norm_epsilon=None)


def shapes(head: SSD | SSDLite, width: float = 1.0) -> dict[str, tuple[int, ...]]:
    return build(spec_of(head, width)).parameter_shapes


@given(detectors(SSD) | detectors(SSDLite), st.sampled_from([0.35, 0.5, 1.0, 1.4]))
@settings(max_examples=20, deadline=None)
def test_heads_of_any_layout_are_found(head: SSD | SSDLite, width: float):
    found = infer_detector(shapes(head, width), CONVENTIONS)
    assert found == spec_of(head, width)


def test_inverted_residuals_as_extra_layers_are_found():
    head = SSDLite(
        classes=20,
        extra_channels=(512, 256, 256, 64),
        predictor_kernels=(3, 3, 3, 3, 3, 1),
        extra_expansions=(0.2, 0.25, 0.5, 0.25),
    )
    assert infer_detector(shapes(head), CONVENTIONS).head == head


def test_anchors_of_other_shapes_are_given():
    anchors = Anchors((((0.1, 0.1),),) * 6)
    head = SSD(classes=3, anchors=anchors, scores="sigmoid")
    assert infer_detector(shapes(head), CONVENTIONS, anchors, "sigmoid").head == head
    with pytest.raises(CheckpointError, match=r"\(1, 1, 1, 1, 1, 1\) anchors a cell.*\(3, 6"):
        infer_detector(shapes(head), CONVENTIONS)


def test_another_number_of_maps_is_found():
    head = SSD(2, (64,), (3, 1, 3), tensorflow_anchors(3))
    assert infer_detector(shapes(head), CONVENTIONS).head == head


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("box2.weight", None, "for each of 6 maps, got .3, 3."),
        ("box0.weight", (13, 576, 3, 3), "four channels an anchor"),
        ("class0.weight", (3, 576, 3, 3), "class0 must have"),
        ("class3.weight", (7, 256, 3, 3), "1 of 72 weights differ, first class3"),
        ("box1.weight", (24, 1280), "four-dimensional"),
        ("extra0.conv.weight", (1, 256, 3, 3), "a shape must be positive"),
        ("extra2.conv.weight", (10**6, 128, 3, 3), "extra_channels must be"),
        ("stem.weight", (0, 0, 0, 0), "not a MobileNetV2 detector"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, shape, reason):
    wrong = shapes(SSD(classes=4)) | {name: shape}
    if shape is None:
        del wrong[name]
    with pytest.raises(CheckpointError, match=reason):
        infer_detector(wrong, CONVENTIONS)


def test_a_classifier_is_refused():
    with pytest.raises(CheckpointError, match="'box0'"):
        infer_detector(build(replace(Spec(), size=(64, 64))).parameter_shapes, CONVENTIONS)
