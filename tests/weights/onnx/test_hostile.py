"""Files that are broken, hostile, or another network: refused in words, whatever they hold."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torchvision.models import mobilenet_v3_small, resnet18

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.onnx.exports import FLOWERS, export, network


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "a/b", "..", "", "link", "a" * 256]
)
def test_arrays_anywhere_else_are_refused(plain, tmp_path, location):
    (tmp_path / "link").symlink_to("/etc/passwd")
    model = onnx.load(plain)
    stored = max(model.graph.initializer, key=lambda item: len(item.raw_data))
    stored.ClearField("raw_data")
    stored.data_location = TensorProto.EXTERNAL
    stored.external_data.add(key="location", value=location)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(CheckpointError, match="Only a plain file beside the model is read"):
        read_onnx(path)


@pytest.mark.parametrize(
    ("make", "looks"),
    [
        (mobilenet_v3_small, "uses HardSwish .* looks like a MobileNetV3"),
        (resnet18, "uses MaxPool .* network without depthwise convolutions"),
        (lambda: network().features[:-1], "no classification layer, it ends in"),
        (lambda: nn.Sequential(network(), nn.Tanh()), r"uses Tanh .* MobileNetV2 0\.35"),
    ],
    ids=["v3", "resnet", "backbone", "tanh"],
)
def test_other_networks_are_refused_with_what_they_look_like(tmp_path, make, looks):
    path = export(tmp_path / "model.onnx", make().eval())
    with pytest.raises(CheckpointError, match=looks):
        read_onnx(path)


def test_another_batch_or_channel_count_is_refused(plain, tmp_path):
    path = tmp_path / "model.onnx"
    model = onnx.load(plain)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for axis, size, reason in (
        (0, 10**9, "at most 256 at once"),
        (1, 1, "reads RGB pictures.*a grey stem is spread over the colors"),
        (2, 10**6, "sides from 1 to 2048"),
    ):
        old = dims[axis].dim_value
        dims[axis].dim_value = size
        path.write_bytes(model.SerializeToString())
        with pytest.raises(CheckpointError, match=reason):
            read_onnx(path)
        dims[axis].dim_value = old


def test_a_shape_that_would_fill_memory_is_refused(tmp_path):
    """A few bytes ask for 10^15 numbers; nothing may be allocated for them."""
    nodes = [
        helper.make_node("ConstantOfShape", ["dims"], ["huge"]),
        helper.make_node("Add", ["x", "huge"], ["y"]),
    ]
    dims = numpy_helper.from_array(np.full(3, 100_000, np.int64), "dims")
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 64, 64]) for n in "xy"]
    path = tmp_path / "bomb.onnx"
    graph = helper.make_graph(nodes, "g", value[:1], value[1:], [dims])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(CheckpointError, match="made to exhaust memory"):
        read_onnx(path)


def test_a_truncated_file_is_refused(shared, tmp_path):
    data = (shared / "weights" / FLOWERS).read_bytes()
    path = tmp_path / "cut.onnx"
    for size in (0, 3, 100, 5000, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(CheckpointError):
            read_onnx(path)


def test_a_damaged_file_is_read_or_refused_but_never_breaks(shared, tmp_path):
    data = (shared / "weights" / FLOWERS).read_bytes()
    path = tmp_path / "broken.onnx"
    chance = random.Random(5)
    refused = 0
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            place = chance.choice((chance.randrange(len(data)), chance.randrange(40_000)))
            broken[place] = chance.choice((0, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(broken)
        try:
            read_onnx(path)
        except CheckpointError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("axis", [np.nan, np.inf, 2.0])
def test_an_axis_that_is_no_whole_number_is_refused(tmp_path, axis):
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Squeeze", ["pooled", "axes"], ["logits"]),
    ]
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, (1, 3, 8, 8))
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, (1, 3))
    axes = numpy_helper.from_array(np.array([axis, 3], np.float32), "axes")
    graph = helper.make_graph(nodes, "small", [picture], [logits], [axes])
    path = tmp_path / "model.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(
        CheckpointError, match="a Squeeze takes whole numbers in place 1, got float"
    ):
        read_onnx(path)
