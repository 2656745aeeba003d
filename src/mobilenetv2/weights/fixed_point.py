"""The factors of integer arithmetic: how steps of one scale become steps of another.

They are those of LiteRT's fast kernels, to the bit, so that a public file gives here what it gives
there: convolutions are brought to the scale of their output by float32 factors; sums and changes
of scale by whole numbers, divided by a power of two with halves rounded up.
"""

from math import frexp
from typing import NamedTuple, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Activation
from mobilenetv2.weights.quantized import Affine, Scales

MAX_CHANGE = 2.0**14
"""The largest quotient of two maps' scales: products with a byte stay within 32 bits."""

CHANGE_SHIFT = 8
SUM_BITS = 21
_SHIFTS = (1, 30)


class SumFactors(NamedTuple):
    """`(first * a + second * b + 2**(shift - 1)) >> shift` is the sum in steps of its own scale."""

    first: int
    second: int
    """Below 2**SUM_BITS."""
    shift: int
    """1..30."""


def layer_factors(source: Affine, scales: Scales, target: Affine) -> Scales:
    """What a convolution's sums are multiplied by, float32 [out].

    Args:
        source: of the map that is read.
        scales: the weights', float32 [out].
        target: of the map that is written.
    """
    factors: npt.NDArray[np.float32] = np.float32(source.scale) * scales / np.float32(target.scale)
    return factors


def sum_factors(first: Affine, second: Affine, target: Affine) -> SumFactors:
    """How two maps are added; the larger factor gets 21 bits.

    Raises:
        CheckpointError: scales further apart than `MAX_CHANGE`.
    """
    changes = _change(first, target), _change(second, target)
    _, exponent = frexp(max(changes))
    low, high = _SHIFTS
    shift = min(max(SUM_BITS - exponent, low), high)
    one, two = (round(change * 2.0**shift) for change in changes)
    return SumFactors(one, two, shift)


def change_of_scale(source: Affine, target: Affine) -> int:
    """m, so that `(m * (stored - zero point) + 128) >> 8` are steps of the target's scale.

    Raises:
        CheckpointError: scales further apart than `MAX_CHANGE`.
    """
    return round(_change(source, target) * 2.0**CHANGE_SHIFT)


def integer_limits(activation: Activation, affine: Affine) -> tuple[int, int]:
    """The smallest and the largest byte that an activation lets through."""
    match activation:
        case "none":
            return 0, 255
        case "relu":
            return affine.zero_point, 255
        case "relu6":
            return affine.zero_point, min(255, round(6 / affine.scale) + affine.zero_point)
        case _:
            assert_never(activation)


def _change(source: Affine, target: Affine) -> float:
    change = float(np.float32(source.scale) / np.float32(target.scale))
    if change > MAX_CHANGE:
        raise CheckpointError(
            f"a map's scale must be at most {MAX_CHANGE:g} times that of what is made of it, got "
            f"{source.scale:g} and {target.scale:g}"
        )
    return change
