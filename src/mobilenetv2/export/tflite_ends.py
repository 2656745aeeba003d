"""From the type that a file takes to the one its network works in, and back at its end."""

from mobilenetv2.export.tflite_numbers import Numbers
from mobilenetv2.export.tflite_operators import QUANTIZED_VERSIONS
from mobilenetv2.export.tflite_writer import Dtype, Steps, TfliteWriter
from mobilenetv2.network.graph import Input

HALF = 128
"""Between uint8 and int8."""
STORED = ".stored"
"""Behind the name of a map that is not what the file takes or gives."""


class EndWriter:
    """Adds QUANTIZE and DEQUANTIZE where the outer type is not the inner one.

    The tensor that users see has the node's name; between int8 and uint8 every integer becomes
    itself and 128.
    """

    def __init__(self, writer: TfliteWriter, numbers: Numbers) -> None:
        self._writer = writer
        self._numbers = numbers

    def input(self, inner: int, node: Input, dtype: Dtype | None) -> tuple[int, int]:
        """(the file's input, what the network reads)."""
        if dtype in (None, self._numbers.activations):
            return inner, inner
        self._writer.rename(inner, node.name + STORED)
        outer = self._outer(node.name, (1, *node.shape), dtype)
        self._put("QUANTIZE", outer, inner)
        return outer, inner

    def output(self, inner: int, name: str, dtype: Dtype | None) -> int:
        """The file's output, or a map in real numbers to go on with."""
        if dtype in (None, self._numbers.activations):
            return inner
        self._writer.rename(inner, name + STORED)
        outer = self._outer(name, self._writer.shape(inner), dtype)
        self._put("DEQUANTIZE" if dtype == "float32" else "QUANTIZE", inner, outer)
        return outer

    def _outer(self, name: str, shape: tuple[int, ...], dtype: Dtype) -> int:
        return self._writer.tensor(name, shape, dtype, self._steps(name, dtype))

    def _steps(self, name: str, dtype: Dtype) -> Steps | None:
        steps = self._numbers.steps(name)
        if steps is None or dtype == "float32":
            return None
        shift = HALF if dtype == "uint8" else -HALF
        return Steps(steps.scale, steps.zero_point + shift)

    def _put(self, kind: str, source: int, output: int) -> None:
        options = "QuantizeOptions" if kind == "QUANTIZE" else "DequantizeOptions"
        self._writer.operator(kind, [source], output, options, {}, QUANTIZED_VERSIONS[kind])
