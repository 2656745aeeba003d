"""timm files, made by timm and proved against it."""

import json
from functools import cache

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Embedding
from mobilenetv2.weights.states.importer import read_state_dict
from mobilenetv2.weights.states.timm import read_timm
from tests.weights.lively import lively_torch, relative_error


@cache
def network(name: str, classes: int) -> nn.Module:
    return lively_torch(timm.create_model(name, num_classes=classes))


def save(model: nn.Module, path) -> None:
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path)


@pytest.mark.parametrize(
    ("name", "classes", "width"),
    [
        ("mobilenetv2_035", 3, 0.35),
        ("mobilenetv2_050", 1000, 0.5),
        ("mobilenetv2_075", 10, 0.75),
        ("mobilenetv2_100", 2, 1.0),
        ("mobilenetv2_140", 5, 1.4),
        ("mobilenetv2_110d", 1000, 1.0),
        ("mobilenetv2_120d", 4, 1.0),
    ],
)
def test_every_network_of_timm_gives_its_logits(tmp_path, name, classes, width):
    path = tmp_path / "model.safetensors"
    save(network(name, classes), path)
    foreign = read_timm(path)
    spec = foreign.checkpoint.spec
    assert relative_error(path, foreign) < 1e-4
    assert (spec.width, spec.head.classes) == (width, classes)
    assert (spec.padding, spec.batch_norm_epsilon) == ("torch", 1e-5)


@pytest.mark.parametrize(("name", "blocks"), [("mobilenetv2_110d", 22), ("mobilenetv2_120d", 26)])
def test_the_deeper_networks_are_literal_stage_tables(tmp_path, name, blocks):
    path = tmp_path / "model.safetensors"
    save(network(name, 4), path)
    stages = read_timm(path).checkpoint.spec.backbone.stages
    assert sum(stage.repeats for stage in stages) == blocks
    assert [stage.stride for stage in stages] == [1, 2, 2, 2, 1, 2, 1]


def test_a_training_checkpoint_gives_its_averaged_weights(tmp_path):
    plain, path = tmp_path / "plain.pth", tmp_path / "checkpoint.pth.tar"
    state = network("mobilenetv2_035", 3).state_dict()
    torch.save(state, plain)
    zeros = {name: torch.zeros_like(value) for name, value in state.items()}
    torch.save({"epoch": 9, "arch": "mobilenetv2_035", "state_dict": zeros, "state_dict_ema": state,
                "metric": 71.2}, path)  # fmt: skip
    ours, expected = read_state_dict(path), read_state_dict(plain)
    assert (ours.checkpoint.weights["stem.mean"] == expected.checkpoint.weights["stem.mean"]).all()
    assert "weights taken from 'state_dict_ema' inside the file" in ours.notes


def test_preprocessing_and_labels_come_from_the_configuration_beside(tmp_path):
    path = tmp_path / "model.safetensors"
    save(network("mobilenetv2_035", 3), path)
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "architecture": "mobilenetv2_035",
                "num_classes": 3,
                "label_names": ["ant", "bee", "cow"],
                "pretrained_cfg": {
                    "input_size": [3, 160, 192],
                    "interpolation": "bilinear",
                    "crop_pct": 0.9,
                    "mean": [0.5, 0.4, 0.3],
                    "std": [0.1, 0.2, 0.3],
                },
            }
        )
    )
    foreign = read_timm(path)
    preprocessing = foreign.checkpoint.preprocessing
    assert foreign.checkpoint.labels == ("ant", "bee", "cow")
    assert foreign.checkpoint.spec.size == preprocessing.size == (160, 192)
    assert (preprocessing.interpolation, preprocessing.crop_fraction) == ("bilinear", 0.9)
    assert (preprocessing.mean, preprocessing.std) == ((0.5, 0.4, 0.3), (0.1, 0.2, 0.3))
    assert relative_error(path, foreign) < 1e-4


def test_without_a_configuration_timms_defaults_hold(tmp_path):
    path = tmp_path / "model.safetensors"
    save(network("mobilenetv2_035", 3), path)
    preprocessing = read_timm(path).checkpoint.preprocessing
    defaults = timm.create_model("mobilenetv2_035").default_cfg
    assert preprocessing.mean == tuple(defaults["mean"])
    assert preprocessing.std == tuple(defaults["std"])
    assert preprocessing.crop_fraction == defaults["crop_pct"]
    assert preprocessing.interpolation == defaults["interpolation"]
    assert preprocessing.size == defaults["input_size"][1:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ('{"architecture": "mobilenetv2_035", "input_size": [3, "x", 1]}', "input_size must be"),
        ('{"architecture": "mobilenetv2_035", "crop_pct": "much"}', "crop_pct must be a float"),
        ('{"architecture": "mobilenetv2_035", "mean": [0.5]}', "mean must be three numbers"),
        ('{"architecture": "mobilenetv2_035", "std": [0, 0, 0]}', "std must be positive"),
        ('{"architecture": "mobilenetv2_035", "interpolation": "magic"}', "interpolation must be"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path, text, message):
    path = tmp_path / "model.safetensors"
    save(network("mobilenetv2_035", 3), path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        read_timm(path)


def test_the_configuration_of_another_model_is_not_used(tmp_path):
    path = tmp_path / "model.safetensors"
    save(network("mobilenetv2_035", 3), path)
    (tmp_path / "config.json").write_text('{"architecture": "resnet50", "crop_pct": 0.5}')
    assert read_timm(path).checkpoint.preprocessing.crop_fraction == 0.875


def test_a_network_without_a_classifier_gives_its_features(tmp_path):
    path = tmp_path / "model.safetensors"
    save(network("mobilenetv2_035", 0), path)
    foreign = read_state_dict(path)
    assert foreign.checkpoint.spec.head == Embedding()
    assert relative_error(path, foreign) < 1e-4


def test_another_network_of_timm_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save(timm.create_model("mobilenetv3_small_050", num_classes=3), path)
    with pytest.raises(
        CheckpointError, match=r"not a timm MobileNetV2.*first.*a MobileNetV3 or an"
    ):
        read_state_dict(path)


def test_a_network_of_another_family_says_how_its_tensors_are_named(tmp_path):
    path = tmp_path / "model.safetensors"
    save(timm.create_model("resnet10t", num_classes=3), path)
    with pytest.raises(
        CheckpointError, match=r"no MobileNetV2.*72 tensors, first bn1\.bias.*looks like a ResNet"
    ):
        read_state_dict(path)
