"""How a picture enters: in which type, range and order of colors, and behind what arithmetic."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from mobilenetv2.errors import CheckpointError
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights.onnx.importer import read_onnx
from mobilenetv2.weights.recognize.color_order import BLUE_BY_MEANS, BLUE_BY_TURN, TURNED
from tests.weights.lively import relative_error
from tests.weights.onnx.exports import export, network

CAFFE = torch.tensor([103.939, 116.779, 123.68])[:, None, None]
MEAN, STD = (torch.tensor(values)[:, None, None] for values in (TORCHVISION.mean, TORCHVISION.std))


class Before(nn.Module):
    """The network behind arithmetic on its input."""

    def __init__(self, arithmetic) -> None:
        super().__init__()
        self.network, self.arithmetic = network(), arithmetic

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(self.arithmetic(x))


def read(tmp_path, arithmetic, dtype=torch.float32):
    path = tmp_path / "model.onnx"
    torch.onnx.export(
        Before(arithmetic).eval(), (torch.zeros(1, 3, 64, 64, dtype=dtype),), str(path),
        opset_version=17, dynamo=False, input_names=["x"],
    )  # fmt: skip
    return path, read_onnx(path)


@pytest.mark.parametrize(
    ("arithmetic", "mean"),
    [
        (lambda x: x - 127.5, (0.5, 0.5, 0.5)),
        (lambda x: x - CAFFE.flip(0), (0.485020, 0.457957, 0.407604)),
        (lambda x: (x - 120) / 4, (120 / 255,) * 3),
        (lambda x: x * 2 - 1, (0.5, 0.5, 0.5)),
        (lambda x: x * 255 - 100, (100 / 255,) * 3),
    ],
)
def test_what_white_is_follows_from_the_mean_that_is_taken(tmp_path, arithmetic, mean):
    """A graph that divides by nothing and takes 127.5 cannot mean pixels in 0..1."""
    path, foreign = read(tmp_path, arithmetic)
    np.testing.assert_allclose(foreign.checkpoint.preprocessing.mean, mean, 1e-5)
    assert relative_error(path, foreign) < 1e-5


TURNS = {
    "flip": lambda x: x.flip(1) - CAFFE,
    "index": lambda x: x[:, [2, 1, 0]] - CAFFE,
    "before": lambda x: (x - CAFFE.flip(0))[:, [2, 1, 0]],
    "split": lambda x: torch.cat(x.split(1, 1)[::-1], 1) / 127.5 - 1,
    "slices": lambda x: torch.cat([x[:, 2:], x[:, 1:2], x[:, :1]], 1) / 127.5 - 1,
}


@pytest.mark.parametrize("how", TURNS)
def test_colors_that_are_turned_around_turn_the_first_layer(tmp_path, how):
    path, foreign = read(tmp_path, TURNS[how])
    assert any(note.endswith(TURNED) for note in foreign.notes)
    own = network().features[0][0].weight.detach().numpy()
    ratio = foreign.checkpoint.weights["stem.weight"] / own[:, ::-1]
    np.testing.assert_allclose(
        ratio, ratio[:, :1, :1, :1].repeat(3, 1).repeat(3, 2).repeat(3, 3), 1e-4
    )
    assert relative_error(path, foreign) < 1e-5


NORTHERN = torch.tensor([0.2, 0.3, 0.4])[:, None, None]
BLUE_FIRST = {
    "flip": lambda x: (x.flip(1) / 255 - MEAN) / STD,
    "index": lambda x: (x[:, [2, 1, 0]] / 255 - MEAN) / STD,
    "split": lambda x: (torch.cat(x.split(1, 1)[::-1], 1) / 255 - MEAN) / STD,
    "one by one": lambda x: torch.cat(
        [(x[:, 2 - n : 3 - n] / 255 - MEAN[n]) / STD[n] for n in range(3)], 1
    ),
    "never turned": lambda x: (x / 255 - MEAN.flip(0)) / STD.flip(0),
    "Caffe": lambda x: x - CAFFE,
    "other means": lambda x: (x.flip(1) / 255 - NORTHERN.flip(0)) / STD,
}


@pytest.mark.parametrize("how", BLUE_FIRST)
def test_means_say_that_blue_is_given_first(tmp_path, how):
    """ImageNet's numbers are known; of others the color that is turned to the front is red."""
    path, foreign = read(tmp_path, BLUE_FIRST[how])
    said = BLUE_BY_TURN if how == "other means" else BLUE_BY_MEANS
    assert any(note.endswith(said) for note in foreign.notes)
    own = network().features[0][0].weight.detach().numpy()
    own = own[:, ::-1] if how in ("never turned", "Caffe") else own
    ratio = foreign.checkpoint.weights["stem.weight"] / own
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1, :1, :1], ratio.shape), 1e-4)
    red, _, blue = foreign.checkpoint.preprocessing.mean
    assert red > blue
    assert relative_error(path, foreign) < 1e-5


def test_the_means_of_another_data_set_are_no_order_of_colors(tmp_path):
    """Below water blue is the largest."""
    _, foreign = read(tmp_path, lambda x: (x / 255 - NORTHERN) / STD)
    np.testing.assert_allclose(foreign.checkpoint.preprocessing.mean, (0.2, 0.3, 0.4), 1e-5)


def test_one_color_three_times_is_no_order_of_colors(tmp_path):
    with pytest.raises(CheckpointError, match="a choice of colors"):
        read(tmp_path, lambda x: torch.cat([x[:, :1]] * 3, 1))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_whole_numbers_are_pixels(tmp_path, dtype):
    path, foreign = read(tmp_path, lambda x: (x.float() / 255 - MEAN) / STD, dtype)
    np.testing.assert_allclose(foreign.checkpoint.preprocessing.mean, TORCHVISION.mean, 1e-6)
    assert relative_error(path, foreign) < 1e-5


@pytest.mark.parametrize("arithmetic", [
    lambda x: x.clamp(0, 255) / 127.5 - 1, lambda x: (x / 255).clamp(0, 1) - 0.5,
    lambda x: x.clamp(0, 1) - 0.5,
])  # fmt: skip
def test_limits_that_every_pixel_keeps_are_nothing(tmp_path, arithmetic):
    path, foreign = read(tmp_path, arithmetic)
    assert foreign.checkpoint.preprocessing.mean == (0.5, 0.5, 0.5)
    assert relative_error(path, foreign) < 1e-5


def test_limits_that_cut_pixels_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"a clip to 16\.\.235"):
        read(tmp_path, lambda x: x.clamp(16, 235) / 127.5 - 1)


def test_a_resize_of_the_picture_is_named(tmp_path):
    shrink = lambda x: nn.functional.interpolate(x, (32, 32), mode="bilinear")  # noqa: E731
    with pytest.raises(CheckpointError, match="this file has a resize to 32x32"):
        read(tmp_path, shrink)


def test_nodes_in_any_order_are_read(tmp_path):
    """Converters to half precision append the cast that everything else reads."""
    path = export(tmp_path / "model.onnx", network())
    model = onnx.load(path)
    expected = read_onnx(path).checkpoint.weights
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes[::-1])
    onnx.save(model, path)
    found = read_onnx(path).checkpoint.weights
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_nodes_that_wait_for_each_other_are_refused(tmp_path):
    path = export(tmp_path / "model.onnx", network())
    model = onnx.load(path)
    first = model.graph.node[0]
    last = model.graph.node[-1].output[0]
    first.input[0] = last
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match="waits for its own result"):
        read_onnx(path)
