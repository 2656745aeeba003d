"""A network of torchvision as ONNX, and ONNX graphs written node by node."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torchvision.models import MobileNetV2

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, Conv, Pool
from mobilenetv2.network.spec import Classifier, Spec
from tests.weights.lively import lively_torch

FLOWERS = "mobilenet_v2_0.35_128_flowers.onnx"
SMALL = Spec(width=0.35, size=(64, 64), head=Classifier(10), batch_norm_epsilon=None)


@cache
def network(width: float = 0.35, classes: int = 10) -> MobileNetV2:
    return lively_torch(MobileNetV2(num_classes=classes, width_mult=width))


def export(path: Path, model: nn.Module, size: int = 64, **options) -> Path:
    """By torch's own exporter, with an input named x."""
    picture = torch.zeros(1, 3, size, size)
    options = {"opset_version": 17, "dynamo": False, "input_names": ["x"]} | options
    # torch leaves a model as it came: a new one, and the network it shares with others, learning.
    torch.onnx.export(model.eval(), (picture,), str(path), **options)
    return path


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
