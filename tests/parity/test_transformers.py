"""What the proof against transformers tells, and what it does not."""

import json

import pytest
from transformers import (
    MobileNetV2Config,
    MobileNetV2ForImageClassification,
    MobileNetV2ForSemanticSegmentation,
    MobileNetV2Model,
)

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.parity.logits import NAMELESS
from mobilenetv2.parity.transformers import ASSUMED
from mobilenetv2.weights.open import read_foreign
from tests.weights.lively import lively_torch

MODELS = {
    "classifier": MobileNetV2ForImageClassification,
    "features": MobileNetV2Model,
    "segmenter": MobileNetV2ForSemanticSegmentation,
}


@pytest.mark.parametrize(
    ("model", "taught", "configured", "unchecked"),
    [
        ("classifier", None, True, NAMELESS),
        ("classifier", "single_label_classification", True, ""),
        ("classifier", "multi_label_classification", True, ""),
        ("classifier", None, False, f"{ASSUMED}; {NAMELESS}"),
        ("features", None, True, ""),
        ("features", None, False, ASSUMED),
        ("segmenter", None, True, ""),
    ],
)
def test_what_is_not_compared_is_said(tmp_path, model, taught, configured, unchecked):
    config = MobileNetV2Config(depth_multiplier=0.35, image_size=64, problem_type=taught)
    config.num_labels = 3
    lively_torch(MODELS[model](config)).save_pretrained(tmp_path)
    if configured:
        assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "mobilenet_v2"
    else:
        (tmp_path / "config.json").unlink()
    path = tmp_path / "model.safetensors"
    parity = prove(path, read_foreign(path), example_pictures()[:1])
    assert parity is not None
    assert parity.unchecked == unchecked
