"""A graph and its integers as a quantised TFLite file.

TFLite knows two schemes: int8 with symmetric weights a channel, and the older uint8 with one
scale and zero point a tensor. Ours is uint8 activations with either kind of weights, so int8
files are the same integers less 128.
"""

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import ExportError
from mobilenetv2.export.requirements import require_folded
from mobilenetv2.export.tflite import NO_EXTRAS, Extras, write_tflite
from mobilenetv2.export.tflite_writer import Dtype, Steps
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.weights.quantized import IntegerConv, Quantization

HALF = 128
"""Between uint8 and int8."""


def to_integer_tflite(
    graph: Graph,
    quantization: Quantization,
    description: str = "MobileNetV2",
    extras: Extras = NO_EXTRAS,
) -> bytes:
    """The quantised network as a TFLite model of one picture.

    Input `input` and outputs are stored integers, int8 or uint8, unless `extras` say otherwise:
    int8 where every weight is symmetric.

    Args:
        graph: without batch norms.
        quantization: its integers.
        description: a line for people who look into the file.
        extras: what else it takes, gives and says.

    Raises:
        ExportError: a convolution has a batch norm, or the weights fit neither scheme.
        MissingDependencyError: ai-edge-litert, which holds the format's schema, is not installed.
    """
    require_folded(graph)
    return write_tflite(graph, _IntegerNumbers(quantization), description, extras)


def is_int8(quantization: Quantization) -> bool:
    """Whether the file's integers are int8: every weight is int8 around zero."""
    return all(
        conv.weight.dtype == np.int8 and not conv.zero_point.any()
        for conv in quantization.convs.values()
    )


class _IntegerNumbers:
    def __init__(self, quantization: Quantization) -> None:
        self._quantization = quantization
        self._signed = is_int8(quantization)

    @property
    def activations(self) -> Dtype:
        """int8 or uint8."""
        return "int8" if self._signed else "uint8"

    def steps(self, node: str) -> Steps:
        """Of a node's map."""
        affine = self._quantization.activations[node]
        zero_point = affine.zero_point - HALF * self._signed
        return Steps(np.array([affine.scale], np.float32), np.array([zero_point], np.int64))

    def weight(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps]:
        """As stored, or shifted to uint8 where the file's other weights are."""
        integers = self._quantization.convs[conv.name]
        zero_point = integers.zero_point.astype(np.int64)
        if self._signed:
            return integers.weight, "int8", Steps(integers.scale, zero_point)
        self._require_per_tensor(conv, integers)
        shift = HALF if integers.weight.dtype == np.int8 else 0
        weight = (integers.weight.astype(np.int16) + shift).astype(np.uint8)
        return weight, "uint8", Steps(integers.scale[:1], zero_point[:1] + shift)

    def bias(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps]:
        """As stored: in units of the input's step times the weight's."""
        integers = self._quantization.convs[conv.name]
        source = np.float32(self._quantization.activations[conv.source].scale)
        scale = source * (integers.scale if self._signed else integers.scale[:1])
        return integers.bias, "int32", Steps(scale, np.zeros(len(scale), np.int64))

    def _require_per_tensor(self, conv: Conv, integers: IntegerConv) -> None:
        scale, zero_point = integers.scale, integers.zero_point
        if (scale != scale[0]).any() or (zero_point != zero_point[0]).any():
            raise ExportError(
                "TFLite takes weights with a zero point only with one scale a tensor, and "
                f"{conv.name} has one a channel; write ONNX instead"
            )
