"""A graph and its float32 weights as an ONNX file."""

from collections.abc import Mapping

from mobilenetv2.export.onnx_operators import (
    Parameters,
    activation_of,
    input_shape,
    tensor_shape,
    write_activation,
    write_node,
)
from mobilenetv2.export.onnx_writer import OnnxWriter
from mobilenetv2.export.requirements import is_dense, require_folded
from mobilenetv2.network.graph import Conv, Graph, Input
from mobilenetv2.weights.checkpoint import Weights

NO_METADATA: Mapping[str, str] = {}


def to_onnx(graph: Graph, weights: Weights, metadata: Mapping[str, str] = NO_METADATA) -> bytes:
    """The network as an ONNX model of one picture: every node keeps its name.

    Its input is `input`, float32 [1, 3, height, width], preprocessed; each output has its node's
    name and is float32 [1, channels, height, width], a classifier's `logits` [1, classes].

    Args:
        graph: without batch norms.
        weights: its arrays.
        metadata: texts to travel with the file.

    Raises:
        ExportError: a convolution has a batch norm.
        MissingDependencyError: the onnx package is not installed.
    """
    require_folded(graph)
    writer = OnnxWriter()
    for node in graph.nodes:
        if isinstance(node, Input):
            writer.input(node.name, input_shape(node.shape))
            continue
        parameters = _parameters(writer, graph, node, weights) if isinstance(node, Conv) else None
        activation = activation_of(node)
        raw = node.name if activation == "none" else f"{node.name}.linear"
        write_node(writer, graph, node, node.sources, parameters, raw)
        write_activation(writer, activation, raw, node.name)
    for name in graph.outputs:
        writer.output(name, tensor_shape(graph, graph.by_name[name]))
    return writer.pack(metadata)


def _parameters(writer: OnnxWriter, graph: Graph, conv: Conv, weights: Weights) -> Parameters:
    weight = weights[f"{conv.name}.weight"]
    if is_dense(graph, conv):
        weight = weight[:, :, 0, 0]
    return Parameters(
        writer.constant(f"{conv.name}.weight", weight),
        writer.constant(f"{conv.name}.bias", weights[f"{conv.name}.bias"]),
    )
