"""ONNX classifiers: the public one, torch's exports, and a graph written node by node."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TENSORFLOW, TORCHVISION
from mobilenetv2.weights.assumed_fit import SQUASHED
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.lively import relative_error
from tests.weights.onnx.exports import FLOWERS, SMALL, export, network, written


def test_the_public_file_is_found_out(shared):
    foreign = read_onnx(shared / "weights" / FLOWERS)
    spec = Spec(width=0.35, size=(128, 128), head=Classifier(5), batch_norm_epsilon=None)
    assert foreign.checkpoint.spec == spec
    assert foreign.checkpoint.preprocessing == replace(TENSORFLOW, size=(128, 128), fit="squash")
    assert SQUASHED in foreign.notes
    assert foreign.format == "ONNX opset 13, float32"
    assert foreign.runtime == "onnxruntime"
    assert "tf2onnx" in foreign.checkpoint.provenance.source
    assert len(foreign.checkpoint.provenance.sha256) == 64


@pytest.mark.parametrize(("width", "classes"), [(0.35, 10), (0.5, 1001), (1.4, 3)])
def test_torch_exports_of_any_width_give_their_logits(tmp_path, width, classes):
    path = export(tmp_path / "model.onnx", network(width, classes))
    foreign = read_onnx(path)
    kept = classes - (classes == 1001)
    expected = Spec(
        width=width, size=(64, 64), head=Classifier(kept), padding="torch", batch_norm_epsilon=None
    )
    assert foreign.checkpoint.spec == expected
    assert foreign.checkpoint.preprocessing == replace(TORCHVISION, size=(64, 64))
    assert relative_error(path, foreign) < 1e-5
    if classes == 1001:
        assert foreign.checkpoint.labels == imagenet_labels()
        assert "1001 outputs: class 0, the background, dropped" in foreign.notes


@pytest.mark.parametrize(
    "options",
    [
        {"opset_version": 9},
        {"opset_version": 11},
        {"opset_version": 18},
        {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False},
        {"dynamic_axes": {"x": {0: "batch"}}},
    ],
    ids=["clip-attributes", "clip-inputs", "opset-18", "batch-norm-unfused", "dynamic-batch"],
)
def test_torch_exports_of_any_kind_give_the_same_weights(plain, tmp_path, options):
    expected = read_onnx(plain).checkpoint
    other = read_onnx(export(tmp_path / "other.onnx", network(), **options)).checkpoint
    assert other.spec == expected.spec
    for name, array in expected.weights.items():
        np.testing.assert_allclose(other.weights[name], array, 1e-5, 1e-5, err_msg=name)


class Wrapped(nn.Module):
    """A network whose pooling, normalisation or output is written in another way."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.network = network()
        self.mean = torch.tensor(TORCHVISION.mean)[:, None, None]
        self.std = torch.tensor(TORCHVISION.std)[:, None, None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.how == "normalize 0..1":
            return self.network((x - self.mean) / self.std)
        if self.how == "normalize 0..255":
            return self.network((x / 255 - self.mean) / self.std)
        if self.how == "softmax":
            return torch.softmax(self.network(x), 1)
        maps = self.network.features(x)
        if self.how == "mean":
            flat = maps.mean([2, 3])
        elif self.how == "view":
            flat = nn.functional.adaptive_avg_pool2d(maps, 1)
            flat = flat.view(flat.shape[0], -1)
        else:
            flat = nn.functional.avg_pool2d(maps, 2).reshape(x.shape[0], -1)
        return self.network.classifier(flat)


@pytest.mark.parametrize(
    "how", ["mean", "view", "reshape", "softmax", "normalize 0..1", "normalize 0..255"]
)
def test_the_same_network_in_other_words(tmp_path, how):
    path = export(tmp_path / "model.onnx", Wrapped(how), dynamic_axes={"x": {0: "batch"}})
    foreign = read_onnx(path)
    assert relative_error(path, foreign) < 1e-5
    mean = foreign.checkpoint.preprocessing.mean
    np.testing.assert_allclose(mean, TORCHVISION.mean, 1e-6)
    inside = [note for note in foreign.notes if "normalisation inside the graph" in note]
    assert [how.rpartition("..")[2]] == [note.rpartition("..")[2] for note in inside] or not inside
    assert bool(inside) == how.startswith("normalize")


def test_an_open_size_is_taken_as_224(tmp_path):
    path = export(tmp_path / "model.onnx", network(), dynamic_axes={"x": {2: "h", 3: "w"}})
    foreign = read_onnx(path)
    assert foreign.checkpoint.spec.size == (224, 224)
    assert "the file leaves the size open: taken as 224x224" in foreign.notes


def test_tensorflow_padding_and_channels_last_input(tmp_path):
    path, weights = written(tmp_path, channels_last=True)
    checkpoint = read_onnx(path).checkpoint
    assert checkpoint.spec == SMALL
    assert checkpoint.preprocessing == replace(TENSORFLOW, size=(64, 64), fit="squash")
    for name, array in weights.items():
        np.testing.assert_array_equal(checkpoint.weights[name], array, err_msg=name)
