"""ONNX's operators of integers, each said as its float operator between roundings (QDQ).

onnxruntime writes a quantised network either way (`QuantFormat.QOperator`, `QuantFormat.QDQ`); one
reader of pairs is enough for both. The operators are described in ONNX's Operators.md and, behind
`com.microsoft`, in onnxruntime's ContribOperators.md.
"""

from collections.abc import Mapping

from mobilenetv2.weights.onnx.model import Node
from mobilenetv2.weights.onnx.protobuf import Message

DEQUANTIZE, QUANTIZE = "DequantizeLinear", "QuantizeLinear"
_CONTRIB = "com.microsoft::"
_OF_TWO: Mapping[str, str] = {
    "QLinearMatMul": "MatMul",
    f"{_CONTRIB}QLinearAdd": "Add",
    f"{_CONTRIB}QLinearMul": "Mul",
}
"""first, second and what is made, each with a scale and a zero point."""
_OF_ONE: Mapping[str, str] = {
    f"{_CONTRIB}QLinearGlobalAveragePool": "GlobalAveragePool",
    f"{_CONTRIB}QLinearAveragePool": "AveragePool",
    f"{_CONTRIB}QLinearReduceMean": "ReduceMean",
    f"{_CONTRIB}QLinearSigmoid": "Sigmoid",
    f"{_CONTRIB}QLinearSoftmax": "Softmax",
}
"""A map, and what is made of it."""


def as_pairs(node: Node) -> tuple[Node, ...]:
    """The node itself, or the nodes that do the same with roundings of their own."""
    if not node.outputs or node.integer("channels_last", 0):
        return (node,)
    pairs = _Pairs(node)
    match node.operation:
        case "QLinearConv":
            return pairs.weighted("Conv", weight_axis=0, bias=8, result=6)
        case "com.microsoft::QGemm":
            axis = 0 if node.integer("transB", 0) else 1
            return pairs.weighted("Gemm", weight_axis=axis, bias=6, result=7)
        case "com.microsoft::QLinearConcat":
            places = range(2, len(node.inputs), 3)
            return pairs.made("Concat", [pairs.real(place) for place in places], 0)
        case "com.microsoft::QuantizeLinear" | "com.microsoft::DequantizeLinear":
            plain = node.operation.removeprefix(_CONTRIB)
            return (Node(plain, node.inputs, node.outputs, node.attributes, node.folder),)
        case operation if operation in _OF_TWO:
            return pairs.made(_OF_TWO[operation], [pairs.real(0), pairs.real(3)], 6)
        case operation if operation in _OF_ONE:
            return pairs.made(_OF_ONE[operation], [pairs.real(0)], 3)
        case _:
            return (node,)


class _Pairs:
    """Grows the nodes that stand for one."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._nodes: list[Node] = []

    def weighted(
        self, operation: str, weight_axis: int, bias: int, result: int
    ) -> tuple[Node, ...]:
        """A map times a weight, and a bias counted in steps of both scales' product.

        Args:
            operation: of real numbers.
            weight_axis: of the weight's output channels.
            bias: the place of the bias.
            result: the place of the scale of what is made.
        """
        inputs = [self.real(0), self.real(3, weight_axis)]
        if self._input(bias):
            step = self._add("Mul", [self._input(1), self._input(4)], "step")
            inputs.append(self._dequantize([self._input(bias), step], "bias", 0))
        return self.made(operation, inputs, result)

    def real(self, place: int, axis: int | None = None) -> str:
        """The input at a place, which its scale and zero point follow, in real numbers."""
        inputs = [self._input(place + part) for part in range(3)]
        return self._dequantize(inputs, f"input{place}", axis)

    def made(self, operation: str, inputs: list[str], result: int) -> tuple[Node, ...]:
        """The operation in real numbers, rounded where a scale says how."""
        output, steps = self._node.outputs[0], [self._input(result), self._input(result + 1)]
        rounded = bool(steps[0])
        real = f"{output}.real" if rounded else output
        self._nodes.append(
            Node(operation, tuple(inputs), (real,), self._node.attributes, self._node.folder)
        )
        if rounded:
            self._nodes.append(Node(QUANTIZE, (real, *filter(None, steps)), (output,), {}))
        return tuple(self._nodes)

    def _dequantize(self, inputs: list[str], name: str, axis: int | None) -> str:
        attributes = {} if axis is None else {"axis": _integer(axis)}
        return self._add(DEQUANTIZE, list(filter(None, inputs)), name, attributes)

    def _add(
        self,
        operation: str,
        inputs: list[str],
        name: str,
        attributes: Mapping[str, Message] | None = None,
    ) -> str:
        output = f"{self._node.outputs[0]}.{name}"
        self._nodes.append(Node(operation, tuple(inputs), (output,), attributes or {}))
        return output

    def _input(self, place: int) -> str:
        return self._node.inputs[place] if place < len(self._node.inputs) else ""


def _integer(value: int) -> Message:
    """An attribute of one small number, as `Node.integer` reads it."""
    return Message(memoryview(bytes((3 << 3, value))))
