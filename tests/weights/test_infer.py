"""The spec is found from shapes alone, for any width, class count and rule."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import TABLE_2, Classifier, MobileNetV1, MobileNetV2, Spec, Stage
from mobilenetv2.weights.infer import Conventions, infer_classifier

CONVENTIONS = Conventions((224, 224), "torch", 1e-5)


def shapes(spec: Spec) -> dict[str, tuple[int, ...]]:
    return build(spec).parameter_shapes


def spec_of(width: float, classes: int, backbone: MobileNetV2 | None = None) -> Spec:
    return Spec(
        backbone=backbone or MobileNetV2(),
        head=Classifier(classes),
        width=width,
        padding="torch",
        batch_norm_epsilon=1e-5,
    )


@pytest.mark.parametrize("width", [0.1, 0.25, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
@pytest.mark.parametrize("classes", [1, 5, 1000, 1001])
def test_published_widths_are_found(width: float, classes: int):
    spec = spec_of(width, classes)
    assert infer_classifier(shapes(spec), CONVENTIONS) == spec


@given(st.floats(0.05, 3.9), st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_width_gives_a_network_of_the_same_shapes(width: float, scaled: bool):
    backbone = MobileNetV2(last_channel="scaled" if scaled else "paper")
    spec = spec_of(width, 7, backbone)
    found = infer_classifier(shapes(spec), CONVENTIONS)
    assert shapes(found) == shapes(spec)


def test_another_depth_becomes_a_literal_table():
    deeper = tuple(
        Stage(s.expansion, s.channels, s.repeats + (s.repeats > 1), s.stride) for s in TABLE_2
    )
    spec = spec_of(1.0, 10, MobileNetV2(stages=deeper))
    found = infer_classifier(shapes(spec), CONVENTIONS)
    assert found == spec


@pytest.mark.parametrize("width", [0.75, 0.35])
def test_channels_that_are_no_multiples_of_eight_are_kept(width: float):
    spec = spec_of(width, 10, MobileNetV2(divisor=1))
    assert any(shape[0] % 8 for shape in shapes(spec).values())
    assert infer_classifier(shapes(spec), CONVENTIONS) == spec


def test_channels_cut_instead_of_rounded_become_a_literal_table():
    cut = tuple(Stage(s.expansion, int(s.channels * 0.35), s.repeats, s.stride) for s in TABLE_2)
    spec = spec_of(1.0, 10, MobileNetV2(stages=cut, stem_channels=11, divisor=1))
    assert infer_classifier(shapes(spec), CONVENTIONS) == spec


def test_another_network_is_refused_with_what_differs():
    wrong = shapes(spec_of(1.0, 10)) | {"block3.expand.weight": (100, 24, 1, 1)}
    with pytest.raises(
        CheckpointError, match=r"Nearest is MobileNetV2 1 .*block3\.expand\.weight: \(144, 24"
    ):
        infer_classifier(wrong, CONVENTIONS)


@pytest.mark.parametrize("width", [1.0, 0.75, 0.5, 0.25, 0.3])
def test_mobilenet_v1_is_found(width):
    spec = replace(spec_of(width, 7), backbone=MobileNetV1())
    found = infer_classifier(shapes(spec), CONVENTIONS)
    assert build(found) == build(spec)
    wrong = shapes(spec) | {"block3.pointwise.weight": (100, 24, 1, 1)}
    with pytest.raises(CheckpointError, match="not a MobileNetV1 classifier"):
        infer_classifier(wrong, CONVENTIONS)


def test_no_convolutions_at_all():
    with pytest.raises(CheckpointError, match="the file has 0 convolutions"):
        infer_classifier({}, CONVENTIONS)


@pytest.mark.parametrize("shape", [(10**6, 24, 1, 1), (144, 24), (144,), (0, 0, 0, 0)])
def test_absurd_shapes_are_refused_too(shape: tuple[int, ...]):
    wrong = shapes(spec_of(1.0, 10)) | {"block3.expand.weight": shape}
    with pytest.raises(CheckpointError):
        infer_classifier(wrong, CONVENTIONS)
