"""ONNX files: the public one, torch's exports, and graphs written node by node."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torchvision.models import MobileNetV2, mobilenet_v3_small, resnet18

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.graph import Add, Conv, Pool
from mobilenetv2.labels import imagenet_labels
from mobilenetv2.network import build
from mobilenetv2.preprocessing import TENSORFLOW, TORCHVISION
from mobilenetv2.spec import Classifier, Spec
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.lively import lively_torch, relative_error

FLOWERS = "mobilenet_v2_0.35_128_flowers.onnx"
SMALL = Spec(width=0.35, size=(64, 64), head=Classifier(10), batch_norm_epsilon=None)


@cache
def network(width: float = 0.35, classes: int = 10) -> MobileNetV2:
    return lively_torch(MobileNetV2(num_classes=classes, width_mult=width))


def export(path: Path, model: nn.Module, size: int = 64, **options) -> Path:
    """By torch's own exporter, with an input named x."""
    picture = torch.zeros(1, 3, size, size)
    options = {"opset_version": 17, "dynamo": False, "input_names": ["x"]} | options
    torch.onnx.export(model, (picture,), str(path), **options)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The same network as torch exports it by default."""
    return export(tmp_path_factory.mktemp("plain") / "plain.onnx", network())


def test_the_public_file_is_found_out(shared):
    foreign = read_onnx(shared / "weights" / FLOWERS)
    spec = Spec(width=0.35, size=(128, 128), head=Classifier(5), batch_norm_epsilon=None)
    assert foreign.checkpoint.spec == spec
    assert foreign.checkpoint.preprocessing == replace(TENSORFLOW, size=(128, 128))
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


def test_half_precision_is_read(plain, tmp_path):
    model = onnx.load(plain)
    for stored in model.graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype == np.float32:
            stored.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored.name))
    path = tmp_path / "half.onnx"
    onnx.save(model, path)
    weights, halves = (read_onnx(file).checkpoint.weights for file in (plain, path))
    assert read_onnx(path).format.endswith("float16")
    for name, array in weights.items():
        np.testing.assert_array_equal(halves[name], array.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("field", ["float_data", "int32_data"])
def test_numbers_may_lie_in_typed_fields(plain, tmp_path, field):
    """float_data holds float32, int32_data the bits of float16."""
    model = onnx.load(plain)
    for stored in model.graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or not values.ndim:
            continue
        kind, numbers = TensorProto.FLOAT, values.reshape(-1)
        if field == "int32_data":
            kind, numbers = TensorProto.FLOAT16, numbers.astype(np.float16).view(np.uint16)
        fresh = TensorProto(name=stored.name, data_type=kind, dims=values.shape)
        getattr(fresh, field).extend(numbers.tolist())
        stored.CopyFrom(fresh)
    path = tmp_path / "typed.onnx"
    onnx.save(model, path)
    weights, typed = (read_onnx(file).checkpoint.weights for file in (plain, path))
    for name, array in weights.items():
        expected = array if field == "float_data" else array.astype(np.float16)
        np.testing.assert_array_equal(typed[name], expected.astype(np.float32), err_msg=name)


def test_arrays_in_a_file_beside_the_model_are_read(plain, tmp_path):
    path = tmp_path / "split.onnx"
    onnx.save(onnx.load(plain), path, save_as_external_data=True, location="split.data")
    weights, split = (read_onnx(file).checkpoint.weights for file in (plain, path))
    assert all((split[name] == array).all() for name, array in weights.items())
    (tmp_path / "split.data").write_bytes(b"short")
    with pytest.raises(CheckpointError, match=r"split\.data should hold .* bytes"):
        read_onnx(path)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "a/b", "..", "", "link"])
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


def test_a_quantised_export_is_multiplied_out(tmp_path):
    """DequantizeLinear on the weights, QuantizeLinear and DequantizeLinear around every map."""
    path, weights = written(tmp_path, quantised=True)
    checkpoint = read_onnx(path).checkpoint
    for name, array in weights.items():
        atol = np.abs(array).max() / 127 if name.endswith("weight") else 0
        np.testing.assert_allclose(checkpoint.weights[name], array, 0, atol, err_msg=name)


def test_tensorflow_padding_and_channels_last_input(tmp_path):
    path, weights = written(tmp_path, channels_last=True)
    checkpoint = read_onnx(path).checkpoint
    assert checkpoint.spec == SMALL
    assert checkpoint.preprocessing == replace(TENSORFLOW, size=(64, 64))
    for name, array in weights.items():
        np.testing.assert_array_equal(checkpoint.weights[name], array, err_msg=name)


def written(tmp_path, *, quantised: bool = False, channels_last: bool = False):
    """(path of a graph written node by node, the weights in it), with TensorFlow's padding."""
    graph = build(SMALL)
    weights = random_weights(graph, 4)
    nodes, stored = [], [numpy_helper.from_array(np.float32(v), n) for n, v in (("0", 0), ("6", 6))]

    def constant(name: str, values: np.ndarray) -> str:
        if not quantised or values.ndim < 2:
            stored.append(numpy_helper.from_array(values, name))
            return name
        scale = np.abs(values).max(axis=(1, 2, 3)) / np.float32(127)
        steps = np.rint(values / scale[:, None, None, None]).astype(np.int8)
        for part, array in (("q", steps), ("s", scale), ("z", np.zeros(len(scale), np.int8))):
            stored.append(numpy_helper.from_array(array, f"{name}.{part}"))
        parts = [f"{name}.{part}" for part in "qsz"]
        nodes.append(helper.make_node("DequantizeLinear", parts, [name], axis=0))
        return name

    def around(name: str) -> str:
        if not quantised:
            return name
        scale = numpy_helper.from_array(np.float32(6 / 255), f"{name}.scale")
        zero = numpy_helper.from_array(np.uint8(0), f"{name}.zero")
        stored.extend([scale, zero])
        for operation, source in (("QuantizeLinear", name), ("DequantizeLinear", f"{name}.1")):
            target = f"{name}.{1 if operation == 'QuantizeLinear' else 2}"
            nodes.append(helper.make_node(operation, [source, scale.name, zero.name], [target]))
        return f"{name}.2"

    made = {"input": "x"}
    if channels_last:
        nodes.append(helper.make_node("Transpose", ["x"], ["nchw"], perm=[0, 3, 1, 2]))
        made["input"] = "nchw"
    for node in graph.nodes:
        match node:
            case Conv():
                names = [
                    constant(f"{node.name}.{p}", weights[f"{node.name}.{p}"])
                    for p in ("weight", "bias")
                ]
                strides = [node.stride] * 2
                nodes.append(
                    helper.make_node(
                        "Conv", [made[node.source], *names], [node.name],
                        group=node.groups, strides=strides, auto_pad="SAME_UPPER",
                    )
                )  # fmt: skip
                made[node.name] = node.name
                if node.activation == "relu6" and not quantised:
                    made[node.name] = f"{node.name}.clip"
                    nodes.append(helper.make_node("Clip", [node.name, "0", "6"], [made[node.name]]))
                elif node.activation == "relu6":
                    # The range 0..6 of the next quantisation is all that is left of ReLU6.
                    made[node.name] = around(node.name)
            case Add():
                nodes.append(helper.make_node("Add", [made[s] for s in node.sources], [node.name]))
                made[node.name] = node.name
            case Pool():
                nodes.append(helper.make_node("GlobalAveragePool", [made[node.source]], ["pool"]))
                made["pool"] = "pool"
    nodes.append(helper.make_node("Flatten", ["logits"], ["out"]))
    dims = [1, 64, 64, 3] if channels_last else [1, 3, 64, 64]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 10])]
    proto = helper.make_graph(nodes, "g", inputs, outputs, stored)
    path = tmp_path / "written.onnx"
    path.write_bytes(helper.make_model(proto).SerializeToString())
    return path, weights


@pytest.mark.parametrize(
    ("make", "looks"),
    [
        (mobilenet_v3_small, "uses HardSwish .* looks like a MobileNetV3"),
        (resnet18, "uses MaxPool .* network without depthwise convolutions"),
        (lambda: network().features, "no classification layer, it ends in"),
        (lambda: nn.Sequential(network(), nn.Sigmoid()), r"uses Sigmoid .* MobileNetV2 0\.35"),
        (lambda: nn.Sequential(network(), nn.Linear(10, 4)), "reads a full 1x1 convolution to 10"),
    ],
    ids=["v3", "resnet", "backbone", "sigmoid", "two-layers"],
)
def test_other_networks_are_refused_with_what_they_look_like(tmp_path, make, looks):
    path = export(tmp_path / "model.onnx", make().eval())
    with pytest.raises(CheckpointError, match=looks):
        read_onnx(path)


def test_another_batch_or_channel_count_is_refused(plain, tmp_path):
    path = tmp_path / "model.onnx"
    model = onnx.load(plain)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for axis, size, reason in ((0, 10**9, "at most 256 at once"), (1, 1, "reads RGB pictures"),
                               (2, 10**6, "sides from 1 to 2048")):  # fmt: skip
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
