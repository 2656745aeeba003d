"""The proof itself: it must notice what it is there to notice."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models import MobileNetV2

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.parity import keras, timm, torchvision, transformers
from mobilenetv2.parity.logits import likely_widths, network_inputs, our_logits, torch_logits
from mobilenetv2.weights.states.torchvision import read_torchvision
from tests.weights.lively import lively_torch, relative_error


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    path = tmp_path_factory.mktemp("parity") / "model.pth"
    torch.save(lively_torch(MobileNetV2(num_classes=6, width_mult=0.35)).state_dict(), path)
    return path, read_torchvision(path)


PICTURES = [np.full((224, 224, 3), value, np.uint8) for value in (0, 90, 255)]


def test_an_honest_import_is_equal_but_for_rounding(imported):
    path, foreign = imported
    parity = torchvision.measure(path, foreign, PICTURES)
    assert (parity.runtime, parity.version) == (
        "torchvision",
        sys.modules["torchvision"].__version__,
    )
    assert (parity.pictures, parity.quantity) == (3, "logits")
    assert 0 <= parity.mean_error <= parity.max_error < 1e-3


@pytest.mark.parametrize(
    "name", ["stem.weight", "block0.project.mean", "block9.depthwise.weight", "logits.bias"]
)
def test_one_wrong_array_is_noticed(imported, name):
    path, foreign = imported
    weights = dict(foreign.checkpoint.weights)
    weights[name] = weights[name][::-1].copy()
    wrong = replace(foreign, checkpoint=replace(foreign.checkpoint, weights=weights))
    assert relative_error(path, foreign) < 1e-4 < 1e-3 < relative_error(path, wrong)


@pytest.mark.parametrize(
    ("measure", "library"),
    [
        (torchvision.measure, "torchvision"),
        (timm.measure, "timm"),
        (transformers.measure, "transformers"),
        (keras.measure, "keras"),
    ],
)
def test_a_missing_framework_is_named(imported, monkeypatch, measure, library):
    path, foreign = imported
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependencyError, match=f"parity proof needs {library}"):
        measure(path, foreign, PICTURES)


def test_a_proof_without_pictures_is_refused(imported):
    path, foreign = imported
    with pytest.raises(ParityError, match="at least one picture"):
        torchvision.measure(path, foreign, [])


def test_logits_do_not_depend_on_the_batch(imported):
    _, foreign = imported
    inputs = network_inputs(foreign.checkpoint, PICTURES)
    alone = our_logits(foreign.checkpoint, inputs[1:2])
    assert np.allclose(our_logits(foreign.checkpoint, inputs)[1:2], alone, atol=1e-5)


def test_a_torch_module_gets_channels_first_and_runs_in_evaluation_mode():
    class Probe(torch.nn.Module):
        def forward(self, images):
            assert not self.training
            return images.mean((2, 3))

    inputs = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)
    assert np.allclose(torch_logits(Probe(), inputs), inputs.mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("width", [0.35, 0.5, 1.0, 1.4])
def test_the_width_is_among_the_likely_ones_even_of_a_literal_table(width):
    spec = Spec(width=width)
    trunk = build(spec).by_name["block16.project"].shape.channels
    stages = (*spec.backbone.stages[:-1], replace(spec.backbone.stages[-1], channels=trunk))
    literal = Spec(backbone=replace(spec.backbone, stages=stages))
    assert next(likely_widths(spec)) == width
    assert width in list(likely_widths(literal))
