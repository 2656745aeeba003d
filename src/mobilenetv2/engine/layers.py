"""A graph's convolutions as layers of a program, and the arrays that hold their numbers."""

from typing import assert_never

import numpy as np

from mobilenetv2.engine.program import ALIGNMENT, Arithmetic, Layer, Part, Sum
from mobilenetv2.errors import LoweringError
from mobilenetv2.network.graph import Activation, Add, Conv, Node
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.fixed_point import integer_limits, layer_factors, sum_factors
from mobilenetv2.weights.quantized import Affine, Quantization


class Block:
    """Arrays as if they lay behind one another, each from a multiple of 64 bytes on; no copies."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._size = 0

    def add(self, array: Part) -> int:
        """Append an array; returns the offset of its bytes."""
        # The axes of a 1x1 kernel can be turned without moving a number.
        part = np.require(array, requirements=["C_CONTIGUOUS", "ALIGNED"])
        offset = self._size
        self.parts.append(part)
        self._size += part.nbytes + -part.nbytes % ALIGNMENT
        return offset


class FloatNumbers:
    """Layers and sums of a float32 program."""

    arithmetic: Arithmetic = "float32"

    def __init__(self, weights: Weights, block: Block) -> None:
        self._weights = weights
        self._block = block

    def layer(self, conv: Conv) -> Layer:
        """A convolution without batch norm, its weight [out][kernel][in / groups]."""
        weight = self._weights[f"{conv.name}.weight"].transpose(0, 2, 3, 1)
        low, high = _real_clamp(conv.activation)
        return Layer(
            *_shape_of(conv),
            low=low,
            high=high,
            out_zero_point=0,
            in_zero_point=0,
            weight=self._block.add(weight.astype(np.float32, copy=False)),
            bias=self._block.add(self._weights[f"{conv.name}.bias"].astype(np.float32, copy=False)),
        )

    def sum(self, add: Add) -> Sum:
        """The end of a shortcut."""
        low, high = _real_clamp(add.activation)
        return Sum(low=low, high=high)

    def affine(self, node: Node) -> Affine:  # noqa: ARG002 - floats need none
        """Real numbers stand for themselves."""
        return Affine(1.0, 0)


class IntegerNumbers:
    """Layers and sums of a uint8 program."""

    arithmetic: Arithmetic = "uint8"

    def __init__(self, quantization: Quantization, block: Block) -> None:
        self._quantization = quantization
        self._block = block

    def layer(self, conv: Conv) -> Layer:
        """A convolution with what turns its sums into bytes."""
        numbers = self._quantization.convs[conv.name]
        source, target = (self._quantization.activations[n] for n in (conv.source, conv.name))
        low, high = integer_limits(conv.activation, target)
        return Layer(
            *_shape_of(conv),
            low=low,
            high=high,
            out_zero_point=target.zero_point,
            in_zero_point=source.zero_point,
            weight=self._block.add(numbers.weight.transpose(0, 2, 3, 1)),
            bias=self._block.add(numbers.bias.astype(np.int32, copy=False)),
            multiplier=self._block.add(layer_factors(source, numbers.scale, target)),
            weight_zero_point=self._block.add(numbers.zero_point.astype(np.int32, copy=False)),
            weight_signed=numbers.weight.dtype == np.int8,
        )

    def sum(self, add: Add) -> Sum:
        """The end of a shortcut: both maps are brought to the sum's own scale."""
        affines = self._quantization.activations
        first, second, target = affines[add.first], affines[add.second], affines[add.name]
        low, high = integer_limits(add.activation, target)
        factors = sum_factors(first, second, target)
        return Sum(
            factors.first,
            factors.second,
            factors.shift,
            first.zero_point,
            second.zero_point,
            target.zero_point,
            low,
            high,
        )

    def affine(self, node: Node) -> Affine:
        """What a node's bytes stand for."""
        return self._quantization.activations[node.name]


Numbers = FloatNumbers | IntegerNumbers


def _shape_of(
    conv: Conv,
) -> tuple[str, int, int, tuple[int, int], int, int, int, int]:
    if conv.groups != 1 and not conv.depthwise:
        raise LoweringError(
            f"{conv.name}: the engine knows convolutions over all channels or over one, "
            f"got {conv.groups} groups of {conv.in_channels} channels"
        )
    if conv.depthwise and conv.kernel != (3, 3):
        raise LoweringError(f"{conv.name}: a depthwise kernel must be 3x3, got {conv.kernel}")
    return (
        conv.name,
        conv.in_channels,
        conv.shape.channels,
        conv.kernel,
        conv.stride,
        conv.dilation,
        conv.pads.top,
        conv.pads.left,
    )


def _real_clamp(activation: Activation) -> tuple[float, float]:
    match activation:
        case "none":
            return float("-inf"), float("inf")
        case "relu":
            return 0.0, float("inf")
        case "relu6":
            return 0.0, 6.0
        case _:
            assert_never(activation)
