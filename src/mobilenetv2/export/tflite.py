"""A graph and its weights as a TFLite file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mobilenetv2.export.requirements import is_dense, require_folded
from mobilenetv2.export.tflite_detections import DetectionTail, write_detections
from mobilenetv2.export.tflite_ends import EndWriter
from mobilenetv2.export.tflite_numbers import FloatNumbers, Numbers
from mobilenetv2.export.tflite_operators import OperatorWriter
from mobilenetv2.export.tflite_writer import NO_METADATA, Dtype, TfliteWriter
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Pool, Resize
from mobilenetv2.weights.checkpoint import Weights


@dataclass(frozen=True, slots=True)
class Extras:
    """What a file has beside its network; None takes and gives what the network works in."""

    input: Dtype | None = None
    output: Dtype | None = None
    detections: DetectionTail | None = None
    metadata: Mapping[str, bytes] = field(default_factory=lambda: NO_METADATA, repr=False)


NO_EXTRAS = Extras()


def to_tflite(
    graph: Graph, weights: Weights, description: str = "MobileNetV2", extras: Extras = NO_EXTRAS
) -> bytes:
    """The network as a TFLite model of one picture, float32.

    Its input is `input`, [1, height, width, 3], preprocessed; each output has its node's name and
    is [1, height, width, channels], a classifier's `logits` [1, classes].

    Args:
        graph: without batch norms.
        weights: its arrays.
        description: a line for people who look into the file.
        extras: what else it takes, gives and says.

    Raises:
        ExportError: a convolution has a batch norm, or an average pool pads as TFLite cannot.
        MissingDependencyError: ai-edge-litert, which holds the format's schema, is not installed.
    """
    require_folded(graph)
    return write_tflite(graph, FloatNumbers(weights), description, extras)


def write_tflite(graph: Graph, numbers: Numbers, description: str, extras: Extras) -> bytes:
    """As `to_tflite`, with the numbers of `numbers`."""
    writer = TfliteWriter()
    operators = OperatorWriter(writer, graph, numbers)
    ends = EndWriter(writer, numbers)
    made: dict[str, int] = {}
    source = -1
    for node in graph.nodes:
        if isinstance(node, Input):
            source, made[node.name] = ends.input(operators.map(node), node, extras.input)
        else:
            made[node.name] = _write(operators, graph, node, made)
    if extras.detections is None:
        outputs = [ends.output(made[name], name, extras.output) for name in graph.outputs]
    else:
        maps = {name: ends.output(made[name], name, "float32") for name in graph.outputs}
        outputs = write_detections(writer, graph, maps, extras.detections)
    return writer.pack(source, outputs, description, extras.metadata)


def _write(
    operators: OperatorWriter,
    graph: Graph,
    node: Conv | Add | Pool | Resize | Concat,
    made: Mapping[str, int],
) -> int:
    match node:
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
