"""A graph and its weights as a TFLite file."""

from collections.abc import Mapping

from mobilenetv2.export.requirements import is_dense, require_folded
from mobilenetv2.export.tflite_numbers import FloatNumbers, Numbers
from mobilenetv2.export.tflite_operators import OperatorWriter
from mobilenetv2.export.tflite_writer import TfliteWriter
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Node, Pool, Resize
from mobilenetv2.weights.checkpoint import Weights


def to_tflite(graph: Graph, weights: Weights, description: str = "MobileNetV2") -> bytes:
    """The network as a TFLite model of one picture, float32.

    Its input is `input`, [1, height, width, 3], preprocessed; each output has its node's name and
    is [1, height, width, channels], a classifier's `logits` [1, classes].

    Args:
        graph: without batch norms.
        weights: its arrays.
        description: a line for people who look into the file.

    Raises:
        ExportError: a convolution has a batch norm, or an average pool pads as TFLite cannot.
        MissingDependencyError: ai-edge-litert, which holds the format's schema, is not installed.
    """
    require_folded(graph)
    return write_tflite(graph, FloatNumbers(weights), description)


def write_tflite(graph: Graph, numbers: Numbers, description: str) -> bytes:
    """As `to_tflite`, with the numbers of `numbers`."""
    writer = TfliteWriter()
    operators = OperatorWriter(writer, graph, numbers)
    made: dict[str, int] = {}
    for node in graph.nodes:
        made[node.name] = _write(operators, graph, node, made)
    outputs = [made[name] for name in graph.outputs]
    return writer.pack(made[graph.input.name], outputs, description)


def _write(operators: OperatorWriter, graph: Graph, node: Node, made: Mapping[str, int]) -> int:
    match node:
        case Input():
            return operators.map(node)
        case Conv() if is_dense(graph, node):
            return operators.dense(node, made[node.source])
        case Conv():
            return operators.convolution(node, made[node.source])
        case Add():
            return operators.add(node, made[node.first], made[node.second])
        case Pool():
            return operators.pool(node, made[node.source])
        case Resize():
            return operators.resize(node, made[node.source])
        case Concat():
            return operators.concat(node, [made[part] for part in node.parts])
