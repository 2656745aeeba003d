"""A spec refuses what cannot be built, and says why."""

import pytest

from mobilenetv2.errors import SpecError
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    Hidden,
    MobileNetV2,
    ResNet101,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.preprocessing import Preprocessing


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"width": 0}, "width must be in"),
        ({"width": float("nan")}, "width must be in"),
        ({"width": float("inf")}, "width must be in"),
        ({"size": (0, 224)}, "size must be"),
        ({"size": (224,)}, "size must be"),
        ({"output_stride": 4}, "output_stride must be 8, 16 or 32"),
        ({"padding": "valid"}, "padding must be"),
        ({"batch_norm_epsilon": 0.0}, "batch_norm_epsilon"),
        ({"head": Classifier(0)}, "classes"),
        ({"head": Classifier(2, Hidden(0))}, "a hidden layer has 1 to 65536 channels, got 0"),
        ({"head": Classifier(2, Hidden(8, "tanh"))}, "activation must be one of 'relu', 'relu6'"),
        ({"head": DeepLab(21, (0,))}, "aspp_rates"),
        ({"head": SSDLite(80, predictor_kernels=(3, 3, 3, 3, 3, 5))}, "predictor_kernels"),
        ({"head": SSDLite(80, predictor_kernels=(3,))}, "predictor_kernels"),
        ({"head": SSDLite(80, anchors=tensorflow_anchors(3))}, "anchors"),
        ({"head": SSDLite(80, extra_expansions=(0.2,))}, "extra_expansions"),
        ({"backbone": MobileNetV2(stages=())}, "at least one stage"),
        ({"backbone": MobileNetV2(stages=(Stage(0, 16, 1, 1),))}, "expansion"),
        ({"backbone": MobileNetV2(stages=(Stage(1, 16, 1, 3),))}, "stride"),
        ({"backbone": MobileNetV2(stages=(Stage(1, 16, 0, 1),))}, "bottlenecks"),
        ({"backbone": MobileNetV2(divisor=0)}, "divisor must be"),
        ({"backbone": MobileNetV2(shortcut="both")}, "shortcut must be one of"),
    ],
)
def test_rule_and_value_are_named(values: dict[str, object], rule: str):
    with pytest.raises(SpecError, match=rule):
        Spec(**values)  # type: ignore[arg-type]


def test_ssd_needs_a_map_at_stride_16():
    with pytest.raises(SpecError, match="ResNet101"):
        build(Spec(backbone=ResNet101(), head=SSD(80), size=(320, 320)))


@pytest.mark.parametrize(
    "values",
    [
        {"size": (0, 1)},
        {"crop_fraction": 0.0},
        {"crop_fraction": 1.5},
        {"std": (1.0, 0.0, 1.0)},
        {"fit": "stretch"},
        {"interpolation": "lanczos"},
    ],
)
def test_preprocessing_refuses_nonsense(values: dict[str, object]):
    with pytest.raises(SpecError):
        Preprocessing(**values)  # type: ignore[arg-type]


def test_a_hidden_layer_stands_between_the_pooling_and_the_logits():
    """Counted by hand: 1280 x 100 + 100 x 3 weights, a bias for each of 100 + 3 channels."""
    plain = Spec(width=0.35, size=(64, 64), head=Classifier(3))
    hidden = Spec(width=0.35, size=(64, 64), head=Classifier(3, Hidden(100, "relu6")))
    nodes = build(hidden).by_name
    assert [nodes[name].sources for name in ("hidden", "logits")] == [("pool",), ("hidden",)]
    assert nodes["hidden"].activation == "relu6"
    more = 1280 * 100 + 100 * 3 - 1280 * 3
    counts = [analyze(spec).parameters for spec in (plain, hidden)]
    assert counts[1].kernels - counts[0].kernels == more
    assert counts[1].trainable - counts[0].trainable == more + 100
    assert analyze(hidden).madds - analyze(plain).madds == more
