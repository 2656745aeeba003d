"""Files that are nearly one of the public detectors, and what is said of them."""

import re

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import ssdlite320_mobilenet_v3_large

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.states.importer import read_state_dict
from tests.weights.states.detectors import (
    FAMILIES,
    MMDETECTION,
    QFGAOHAO,
    TORCHVISION,
    Family,
    network,
)

State = dict[str, Tensor]
STEM = {
    "qfgaohao": "base_net.0.0.weight",
    "torchvision": "backbone.features.0.0.0.weight",
    "mmdetection": "backbone.conv1.conv.weight",
}
DEEP = {
    "qfgaohao": "base_net.9.conv.3.weight",
    "torchvision": "backbone.features.0.9.conv.1.0.weight",
    "mmdetection": "backbone.layer4.2.depthwise_conv.conv.weight",
}
"""The filters of block8.depthwise."""
PREDICTOR = {
    "qfgaohao": "classification_headers.2.3.bias",
    "torchvision": "head.classification_head.module_list.2.1.bias",
    "mmdetection": "bbox_head.cls_convs.2.1.bias",
}
"""class2.bias."""


def refusal(tmp_path, state: State) -> str:
    path = tmp_path / "broken.pth"
    torch.save(state, path)
    with pytest.raises(CheckpointError) as caught:
        read_state_dict(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def state_of(family: Family) -> State:
    return dict(network(family).state_dict())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
class TestOneTensor:
    def test_missing_filters(self, tmp_path, family):
        state = state_of(family)
        del state[DEEP[family.name]]
        assert re.search(r"conv|block8\.depthwise", refusal(tmp_path, state))

    def test_a_missing_bias(self, tmp_path, family):
        state = state_of(family)
        del state[PREDICTOR[family.name]]
        assert "class2.bias: needs (24,), file has nothing" in refusal(tmp_path, state)

    def test_a_missing_batch_norm(self, tmp_path, family):
        state = state_of(family)
        stem = (
            STEM[family.name].replace("conv.weight", "bn.weight").replace(".0.weight", ".1.weight")
        )
        for part in ("weight", "bias", "running_mean", "running_var"):
            del state[stem.replace("weight", part)]
        message = refusal(tmp_path, state)
        assert "each with its batch norm" in message or "stem.gamma: needs" in message

    def test_another_width(self, tmp_path, family):
        state = state_of(family)
        state[DEEP[family.name]] = torch.zeros(100, 1, 3, 3)
        assert "block8.depthwise.weight" in refusal(tmp_path, state)

    def test_a_bias_of_another_length(self, tmp_path, family):
        state = state_of(family)
        state[PREDICTOR[family.name]] = torch.zeros(23)
        assert "class2.bias: needs (24,), file has (23,)" in refusal(tmp_path, state)

    def test_not_finite(self, tmp_path, family):
        state = state_of(family)
        state[DEEP[family.name]] = torch.full_like(state[DEEP[family.name]], float("nan"))
        assert "block8.depthwise.weight must hold finite numbers" in refusal(tmp_path, state)

    def test_one_too_many(self, tmp_path, family):
        state = state_of(family)
        head = PREDICTOR[family.name].rpartition(".")[0]
        state[f"{head}.scale"] = torch.ones(1)
        assert "has no place for 1 of" in refusal(tmp_path, state)

    def test_a_name_of_endless_digits(self, tmp_path, family):
        state = state_of(family)
        state[STEM[family.name].replace("0.", "9" * 5000 + ".", 1) + "9" * 5000] = torch.ones(1)
        state[DEEP[family.name].replace("9.", "9" * 5000 + ".", 1)] = torch.ones(1)
        assert refusal(tmp_path, state)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
class TestAnotherNetwork:
    def test_a_backbone_without_a_head(self, tmp_path, family):
        state = {
            name: value
            for name, value in state_of(family).items()
            if name.startswith(("base_net.", "backbone.features.", "backbone.conv", "backbone.l"))
        }
        message = refusal(tmp_path, state)
        assert "bbox_head" in message or "the file has nothing there" in message

    def test_other_anchors_a_cell(self, tmp_path, family):
        """Four a cell instead of six, on every map."""
        state = {
            name: value[: len(value) // 6 * 4] if is_predictor(name, value) else value
            for name, value in state_of(family).items()
        }
        assert "have (4, 4, 4, 4, 4, 4) anchors a cell" in refusal(tmp_path, state)


def is_predictor(name: str, value: Tensor) -> bool:
    """Box offsets of six anchors, or four classes of each, and no batch norm's arrays."""
    return value.shape[:1] == (24,) and ("head" in name) and not name.endswith(("mean", "var"))


def test_no_batch_norms_at_all(tmp_path):
    """pytorch-ssd can make its backbone without them (use_batch_norm=False)."""
    model = QFGAOHAO.make(3, 0.5)
    for module in model.base_net.modules():
        if isinstance(module, nn.Sequential):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    module[int(name)] = nn.Identity()
    assert "each with its batch norm" in refusal(tmp_path, dict(model.state_dict()))


def test_torchvisions_own_ssdlite_is_no_mobilenet_v2(tmp_path):
    model = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=4)
    assert "on a MobileNetV3" in refusal(tmp_path, dict(model.state_dict()))


def test_another_detector_of_mmdetection(tmp_path):
    state = state_of(MMDETECTION)
    renamed = {name.replace("neck.extra_layers", "neck.detect"): v for name, v in state.items()}
    message = refusal(tmp_path, renamed)
    assert "not a mmdetection ssdlite_mobilenetv2" in message
    assert "neck.detect" in message


@pytest.mark.parametrize("labels", [("one",), ("one", "two", "three", "four", "five")])
def test_labels_must_be_as_many_as_classes(tmp_path, labels):
    path = tmp_path / "detector.pth"
    torch.save(state_of(TORCHVISION), path)
    with pytest.raises(CheckpointError, match="3 classes, so it needs 3 labels"):
        read_state_dict(path, labels)


def test_labels_may_have_the_background_first(tmp_path):
    path = tmp_path / "detector.pth"
    torch.save(state_of(QFGAOHAO), path)
    labels = ("BACKGROUND", "cat", "dog", "emu")
    assert read_state_dict(path, labels).checkpoint.labels == labels[1:]
