"""Every kind of node as ONNX operators, NCHW. Float and quantised files share them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from mobilenetv2.export.onnx_writer import OnnxWriter
from mobilenetv2.export.requirements import is_dense, is_global
from mobilenetv2.network.graph import (
    Activation,
    Add,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pads,
    Pool,
    Resize,
    Shape,
)

ALIGNMENTS = {"corners": "align_corners", "half_pixel": "half_pixel"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names of a convolution's constants; the weight of a dense layer is [classes, channels]."""

    weight: str
    bias: str


def write_node(
    writer: OnnxWriter,
    graph: Graph,
    node: Node,
    sources: Sequence[str],
    parameters: Parameters | None,
    output: str,
) -> str:
    """Add a node's operators, its activation left out.

    Args:
        writer: receives them.
        graph: that the node is part of.
        node: any but the input.
        sources: names of the tensors it reads.
        parameters: a convolution's.
        output: the name for its result, which is returned.
    """
    match node:
        case Input():
            return sources[0]
        case Conv():
            if parameters is None:
                raise ValueError(f"{node.name} needs a weight and a bias")
            return _convolution(writer, graph, node, sources[0], parameters, output)
        case Add():
            return writer.operator("Add", sources, output)
        case Concat():
            return writer.operator("Concat", sources, output, {"axis": 1})
        case Pool():
            return _pool(writer, graph, node, sources[0], output)
        case Resize():
            return _resize(writer, node, sources[0], output)
        case _:
            assert_never(node)


def write_activation(writer: OnnxWriter, activation: Activation, source: str, output: str) -> str:
    """Add the activation; `source` itself comes back where there is none."""
    match activation:
        case "none":
            return source
        case "relu":
            return writer.operator("Relu", [source], output)
        case "relu6":
            low = writer.constant("zero", np.array(0, np.float32))
            high = writer.constant("six", np.array(6, np.float32))
            return writer.operator("Clip", [source, low, high], output)
        case _:
            assert_never(activation)


def activation_of(node: Node) -> Activation:
    """What follows a node's sum."""
    return node.activation if isinstance(node, Conv | Add) else "none"


def tensor_shape(graph: Graph, node: Node) -> tuple[int, ...]:
    """[1, channels, height, width], or a classifier's [1, classes]."""
    height, width, channels = node.shape
    if isinstance(node, Conv) and is_dense(graph, node):
        return (1, channels)
    return (1, channels, height, width)


def _convolution(
    writer: OnnxWriter,
    graph: Graph,
    node: Conv,
    source: str,
    parameters: Parameters,
    output: str,
) -> str:
    if is_dense(graph, node):
        # onnxruntime moves quantisation past a Reshape, but not past a Flatten.
        shape = writer.constant(f"{node.name}.shape", np.array([1, node.in_channels], np.int64))
        flat = writer.operator("Reshape", [source, shape], f"{node.name}.flat")
        inputs = [flat, parameters.weight, parameters.bias]
        return writer.operator("Gemm", inputs, output, {"transB": 1})
    return writer.operator(
        "Conv",
        [source, parameters.weight, parameters.bias],
        output,
        {
            "kernel_shape": node.kernel,
            "strides": (node.stride, node.stride),
            "dilations": (node.dilation, node.dilation),
            "group": node.groups,
            "pads": _pads(node.pads),
        },
    )


def _pool(writer: OnnxWriter, graph: Graph, node: Pool, source: str, output: str) -> str:
    if node.kind == "average" and is_global(graph, node):
        return writer.operator("GlobalAveragePool", [source], output)
    window = {
        "kernel_shape": node.kernel,
        "strides": (node.stride, node.stride),
        "pads": _pads(node.pads),
    }
    if node.kind == "max":
        return writer.operator("MaxPool", [source], output, window)
    return writer.operator("AveragePool", [source], output, window | {"count_include_pad": 0})


def _resize(writer: OnnxWriter, node: Resize, source: str, output: str) -> str:
    height, width, channels = node.shape
    sizes = writer.constant(f"{node.name}.size", np.array([1, channels, height, width], np.int64))
    return writer.operator(
        "Resize",
        [source, "", "", sizes],
        output,
        {"mode": "linear", "coordinate_transformation_mode": ALIGNMENTS[node.alignment]},
    )


def _pads(pads: Pads) -> tuple[int, int, int, int]:
    return (pads.top, pads.left, pads.bottom, pads.right)


def input_shape(shape: Shape) -> tuple[int, int, int, int]:
    """[1, channels, height, width]."""
    return (1, shape.channels, shape.height, shape.width)
