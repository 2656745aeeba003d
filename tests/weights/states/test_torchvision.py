"""torchvision files, made by torchvision and proved against it."""

import argparse
import copy
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import MobileNetV2, mobilenet_v3_small

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Embedding
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights.assemble import FEATURES
from mobilenetv2.weights.recognize.feed import ASSUMED_TORCH
from mobilenetv2.weights.states.importer import read_state_dict
from mobilenetv2.weights.states.torchvision import read_torchvision
from tests.weights.lively import lively_torch, relative_error


@cache
def network(width: float = 0.35, classes: int = 5) -> MobileNetV2:
    return lively_torch(MobileNetV2(num_classes=classes, width_mult=width))


@pytest.mark.parametrize(
    ("width", "classes"), [(1.0, 1000), (0.35, 5), (0.25, 2), (1.4, 11), (0.613, 3)]
)
def test_any_width_and_number_of_classes_gives_torchvisions_logits(tmp_path, width, classes):
    path = tmp_path / "model.pth"
    torch.save(network(width, classes).state_dict(), path)
    foreign = read_torchvision(path)
    spec = foreign.checkpoint.spec
    assert relative_error(path, foreign) < 1e-4
    assert (spec.head.classes, spec.padding, spec.batch_norm_epsilon) == (classes, "torch", 1e-5)
    assert foreign.checkpoint.preprocessing == TORCHVISION
    assert len(foreign.checkpoint.provenance.sha256) == 64


@pytest.mark.parametrize("width", [1.0, 0.75, 0.5, 0.35, 1.4])
def test_the_width_of_the_paper_is_named(tmp_path, width):
    path = tmp_path / "model.pth"
    torch.save(network(width).state_dict(), path)
    assert read_torchvision(path).checkpoint.spec.width == width


@pytest.mark.parametrize("wrong", [{"padding": "tensorflow"}, {"batch_norm_epsilon": 1e-3}])
def test_the_proof_notices_a_wrong_padding_or_epsilon(tmp_path, wrong):
    path = tmp_path / "model.pth"
    torch.save(network().state_dict(), path)
    foreign = read_torchvision(path)
    checkpoint = replace(foreign.checkpoint, spec=replace(foreign.checkpoint.spec, **wrong))
    assert relative_error(path, replace(foreign, checkpoint=checkpoint)) > 1e-3


def wrapped(state: dict[str, torch.Tensor], how: str) -> object:
    zeros = {name: torch.zeros_like(value) for name, value in state.items()}
    match how:
        case "state_dict":
            return {"state_dict": state, "epoch": 3}
        case "training checkpoint":
            optimizer = {"state": {0: {"momentum_buffer": torch.ones(9)}}, "param_groups": []}
            return {"model": state, "optimizer": optimizer, "args": argparse.Namespace(lr=0.1)}
        case "parallel":
            return {f"module.{name}": value for name, value in state.items()}
        case "lightning":
            return {"state_dict": {f"net.model.{name}": v for name, v in state.items()} | {
                "loss.weight": torch.ones(3)
            }}  # fmt: skip
        case "averaged":
            averaged = {f"module.{name}": value for name, value in state.items()}
            return {"model": zeros, "model_ema": averaged | {"n_averaged": torch.tensor(3)}}
    raise ValueError(how)


@pytest.mark.parametrize(
    "how", ["state_dict", "training checkpoint", "parallel", "lightning", "averaged"]
)
def test_wrappers_of_training_scripts_are_opened(tmp_path, how):
    plain, path = tmp_path / "plain.pth", tmp_path / "wrapped.pth"
    state = network().state_dict()
    torch.save(state, plain)
    torch.save(wrapped(dict(state), how), path)
    ours, expected = read_state_dict(path), read_state_dict(plain)
    for name, array in expected.checkpoint.weights.items():
        assert (ours.checkpoint.weights[name] == array).all()
    if how == "averaged":
        assert "weights taken from 'model_ema' inside the file" in ours.notes


def flat(name: str) -> str:
    """tonylins' name for torchvision's: one Sequential, activations counted."""
    match = re.fullmatch(r"features\.(\d+)\.conv\.(\d+)(?:\.(\d))?\.(\w+)", name)
    if match is None:
        return re.sub(r"classifier\.1\.", "classifier.", name)
    block, first, inner, part = match.groups()
    place = int(first) * 3 + int(inner) if inner else None
    if place is None:
        activations = 1 if block == "1" else 2
        place = int(first) + 2 * activations
    return f"features.{block}.conv.{place}.{part}"


def d_li14(name: str) -> str:
    return flat(name).replace("features.18.", "conv.")


@pytest.mark.parametrize("layout", [flat, d_li14])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_older_layouts_are_read(tmp_path, layout, suffix):
    path = tmp_path / f"model.{suffix}"
    state = {layout(name): value for name, value in network().state_dict().items()}
    assert "features.2.conv.7.running_var" in state
    if suffix == "pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    assert relative_error(path, read_state_dict(path)) < 1e-4


@pytest.mark.parametrize(
    "head", [nn.Linear(1280, 4), nn.Sequential(nn.Linear(1280, 4, bias=False))]
)
def test_a_replaced_classifier_of_one_linear_layer_is_read(tmp_path, head):
    model, path = copy.deepcopy(network()), tmp_path / "model.pth"
    model.classifier = head
    torch.save(model.state_dict(), path)
    assert relative_error(path, read_torchvision(path)) < 1e-4


def test_1001_outputs_lose_the_background(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(network(0.1, 1001).state_dict(), path)
    foreign = read_torchvision(path)
    assert foreign.checkpoint.labels == imagenet_labels()
    assert foreign.notes == (
        "MobileNetV2 0.1 at 224x224 with Classifier of 1000 classes, torch padding, "
        "batch norm epsilon 1e-05",
        ASSUMED_TORCH,
        "1001 outputs: class 0, the background, dropped",
    )
    assert relative_error(path, foreign) < 1e-4


def test_1001_labels_decide_whether_class_0_is_a_background(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(network(0.1, 1001).state_dict(), path)
    own = tuple(f"kind {index}" for index in range(1001))
    assert read_torchvision(path, own).checkpoint.labels == own
    background = ("Background", *own[1:])
    assert read_torchvision(path, background).checkpoint.labels == own[1:]


def test_a_wrong_number_of_labels_is_refused(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(network().state_dict(), path)
    with pytest.raises(CheckpointError, match=r"5 classes.*got 2"):
        read_torchvision(path, ("cat", "dog"))


def test_a_file_of_mixed_widths_says_what_differs(tmp_path):
    path = tmp_path / "model.pth"
    state = network(1.0).state_dict()
    other = network(0.5).state_dict()
    state |= {name: value for name, value in other.items() if name.startswith("features.5.")}
    torch.save(state, path)
    with pytest.raises(CheckpointError, match=r"MobileNetV2 1 at.*block4\.expand\.weight"):
        read_torchvision(path)


@pytest.mark.parametrize("part", ["without its classifier", "features alone"])
def test_a_backbone_without_a_classifier_gives_its_features(tmp_path, part):
    model, path = copy.deepcopy(network()), tmp_path / "model.pth"
    model.classifier = nn.Identity()
    torch.save((model if part == "without its classifier" else model.features).state_dict(), path)
    foreign = read_state_dict(path)
    assert foreign.checkpoint.spec.head == Embedding()
    assert foreign.checkpoint.spec.width == 0.35
    assert foreign.checkpoint.labels == ()
    assert FEATURES in foreign.notes
    assert relative_error(path, foreign) < 1e-4


def test_a_batch_norm_alone_behind_the_features_is_refused(tmp_path):
    model, path = copy.deepcopy(network()), tmp_path / "model.pth"
    model.classifier = nn.Sequential(nn.BatchNorm1d(1280))
    torch.save(model.state_dict(), path)
    with pytest.raises(CheckpointError, match="behind the pooling this file has batch norms alone"):
        read_state_dict(path)


def test_another_network_of_torchvision_is_refused(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(mobilenet_v3_small(num_classes=3).state_dict(), path)
    with pytest.raises(
        CheckpointError, match=r"features\.1\.block\.0\.0\.weight.*looks like a MobileNetV3"
    ):
        read_state_dict(path)


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    model, path = copy.deepcopy(network()), tmp_path / "model.pth"
    model.features[3].conv[1][1].running_var[2] = torch.nan
    torch.save(model.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"block2\.depthwise\.variance must hold finite"):
        read_torchvision(path)


def test_a_variance_below_zero_is_refused_when_it_is_read(tmp_path):
    model, path = copy.deepcopy(network()), tmp_path / "model.pth"
    model.features[3].conv[1][1].running_var[2] = -0.5
    torch.save(model.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"block2\.depthwise\.variance must hold no negative"):
        read_torchvision(path)


def test_floats_of_8_bits_are_named(tmp_path):
    path = tmp_path / "model.safetensors"
    state = {name: value.to(torch.float8_e4m3fn) if value.is_floating_point() else value
             for name, value in network().state_dict().items()}  # fmt: skip
    save_file(state, path)
    with pytest.raises(CheckpointError, match="floats of 16, 32 or 64 bits, got F8_E4M3"):
        read_state_dict(path)


def test_the_second_weights_of_torchvision_resize_to_232(monkeypatch, tmp_path):
    from mobilenetv2.weights.states import torchvision

    path = Path(tmp_path / "model.pth")
    torch.save(network().state_dict(), path)
    sha256 = read_torchvision(path).checkpoint.provenance.sha256
    monkeypatch.setattr(torchvision, "IMAGENET1K_V2", sha256[:8])
    preprocessing = read_torchvision(path).checkpoint.preprocessing
    assert 224 / preprocessing.crop_fraction == pytest.approx(232)
