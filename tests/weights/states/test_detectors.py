"""SSDLite in torch: three public layouts, each against its own arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mobilenetv2.catalog.labels import coco_id_labels, coco_labels, voc_labels
from mobilenetv2.deploy.convert import convert, example_pictures, prove
from mobilenetv2.network.spec import SSDLite
from mobilenetv2.preprocessing import TORCHVISION as IMAGENET
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights import store
from mobilenetv2.weights.states.importer import read_state_dict
from tests.weights.states.detectors import (
    FAMILIES,
    MMDETECTION,
    QFGAOHAO,
    TORCHVISION,
    Differences,
    differences,
    network,
    saved,
)


def worst(found: Differences) -> float:
    return max(found.logits, found.offsets, found.boxes, found.scores)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize(("classes", "width"), [(20, 1.0), (3, 0.75), (1, 0.5), (80, 0.25)])
def test_logits_offsets_boxes_and_scores_are_the_originals(tmp_path, family, classes, width):
    foreign = read_state_dict(saved(family, tmp_path, classes, width))
    checkpoint = foreign.checkpoint
    assert worst(differences(family, network(family, classes, width), checkpoint)) < 1e-4
    assert (checkpoint.spec.head.classes, checkpoint.spec.width) == (classes, width)


def test_a_width_with_odd_channels_is_kept(tmp_path):
    """pytorch-ssd cuts 24 * 0.75 to 18, where others round to 24."""
    checkpoint = read_state_dict(saved(QFGAOHAO, tmp_path, 3, 0.75)).checkpoint
    assert checkpoint.weights["block1.project.weight"].shape[0] == 18


class TestConventions:
    def test_qfgaohao(self, tmp_path):
        checkpoint = read_state_dict(saved(QFGAOHAO, tmp_path, 20, 1.0)).checkpoint
        spec, head = checkpoint.spec, checkpoint.spec.head
        assert isinstance(head, SSDLite)
        assert (spec.size, spec.padding, spec.batch_norm_epsilon) == ((300, 300), "torch", 1e-5)
        assert (head.tap, head.scores) == ("expansion", "softmax")
        assert head.predictor_kernels == (3, 3, 3, 3, 3, 1)
        assert head.extra_channels == (512, 256, 256, 64)
        assert head.extra_expansions == (0.2, 0.25, 0.5, 0.25)
        assert checkpoint.labels == voc_labels()
        assert values_of(checkpoint, [0, 127, 255]) == pytest.approx([-127 / 128, 0, 1], abs=1e-6)

    def test_torchvision(self, tmp_path):
        checkpoint = read_state_dict(saved(TORCHVISION, tmp_path, 90, 0.5)).checkpoint
        spec, head = checkpoint.spec, checkpoint.spec.head
        assert isinstance(head, SSDLite)
        assert (spec.size, spec.padding, spec.batch_norm_epsilon) == ((320, 320), "torch", 1e-3)
        assert (head.tap, head.extra_channels) == ("expansion", (512, 256, 256, 128))
        assert (head.predictor_kernels, head.extra_expansions) == ((3,) * 6, None)
        assert checkpoint.labels == coco_id_labels()
        assert values_of(checkpoint, [0, 255]) == pytest.approx([-1, 1])

    def test_mmdetection(self, tmp_path):
        checkpoint = read_state_dict(saved(MMDETECTION, tmp_path, 80, 0.5)).checkpoint
        spec, head = checkpoint.spec, checkpoint.spec.head
        assert isinstance(head, SSDLite)
        assert (spec.size, spec.padding, spec.batch_norm_epsilon) == ((320, 320), "torch", 1e-3)
        assert (head.tap, head.extra_channels) == ("output", (512, 256, 256, 128))
        assert checkpoint.labels == coco_labels()
        assert checkpoint.preprocessing == replace(IMAGENET, size=(320, 320), fit="squash")


def values_of(checkpoint, levels: list[int]) -> list[float]:
    """What the network receives in its red channel for these levels."""
    pixels = np.array(levels, np.uint8).reshape(1, -1, 1).repeat(3, 2)
    return normalize(pixels, checkpoint.preprocessing)[0, :, 0].tolist()


class TestTheComparisonNotices:
    """A wrong convention must show in the figures that the tests above hold small."""

    @pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
    def test_another_epsilon_or_padding(self, tmp_path, family):
        checkpoint = read_state_dict(saved(family, tmp_path)).checkpoint
        for wrong in ({"batch_norm_epsilon": 0.05}, {"padding": "tensorflow"}):
            other = replace(checkpoint, spec=replace(checkpoint.spec, **wrong))
            assert differences(family, network(family), other).logits > 1e-3

    def test_centers_that_are_not_clipped(self, tmp_path):
        """The tenth of ten cells of 32 pixels has its center outside 300."""
        checkpoint = read_state_dict(saved(QFGAOHAO, tmp_path)).checkpoint
        head = checkpoint.spec.head
        anchors = replace(head.anchors, clip_centers=False)
        other = replace(
            checkpoint, spec=replace(checkpoint.spec, head=replace(head, anchors=anchors))
        )
        found = differences(QFGAOHAO, network(QFGAOHAO), other)
        assert found.logits < 1e-4
        assert found.boxes > 0.01

    def test_the_background_in_another_place(self, tmp_path):
        checkpoint = read_state_dict(saved(MMDETECTION, tmp_path)).checkpoint
        first = replace(MMDETECTION, background_last=False)
        assert differences(first, network(MMDETECTION), checkpoint).scores > 0.01


def wrapped(state: dict[str, torch.Tensor], how: str) -> object:
    match how:
        case "state_dict":
            return {"meta": {"epoch": 3, "CLASSES": ("a", "b")}, "state_dict": state}
        case "module":
            return {f"module.{name}": value for name, value in state.items()}
        case "model":
            return {"model": {f"model.{name}": value for name, value in state.items()}}
        case "averaged":
            zeros = {name: torch.zeros_like(value) for name, value in state.items()}
            averaged = {f"module.{name}": value for name, value in state.items()}
            return {"state_dict": zeros, "ema_state_dict": averaged}
    raise ValueError(how)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("how", ["state_dict", "module", "model", "averaged"])
def test_wrappers_are_opened(tmp_path, family, how):
    path = saved(family, tmp_path)
    expected = read_state_dict(path).checkpoint.weights
    torch.save(wrapped(dict(network(family).state_dict()), how), path)
    found = read_state_dict(path).checkpoint.weights
    assert all((found[name] == array).all() for name, array in expected.items())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_safetensors_are_read_like_torch_files(tmp_path, family):
    path = tmp_path / "detector.safetensors"
    expected = read_state_dict(saved(family, tmp_path)).checkpoint.weights
    # Names come back sorted: 10 before 2.
    save_file({name: value.clone() for name, value in network(family).state_dict().items()}, path)
    found = read_state_dict(path).checkpoint.weights
    assert all((found[name] == array).all() for name, array in expected.items())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_converted_file_says_the_same(tmp_path, family):
    target = tmp_path / "ours.safetensors"
    conversion = convert(saved(family, tmp_path), target, pictures=example_pictures()[:1])
    found = store.load(target)
    assert found.spec == conversion.foreign.checkpoint.spec
    assert worst(differences(family, network(family), found)) < 1e-4


def test_torchvision_proves_its_own(tmp_path):
    path = saved(TORCHVISION, tmp_path, 3, 0.75)
    parity = prove(path, read_state_dict(path), example_pictures()[:2])
    assert parity is not None
    assert parity.max_error < 1e-4
    assert (parity.agreement, parity.quantity) == (1.0, "boxes and scores")


@pytest.mark.parametrize("family", [QFGAOHAO, MMDETECTION], ids=lambda family: family.name)
def test_where_no_runtime_can_prove_it_convert_says_so(tmp_path, family):
    conversion = convert(saved(family, tmp_path), tmp_path / "ours.safetensors")
    assert conversion.parity is None
    assert "published" in conversion.unproved
