"""Rounding with gradients: forward the integer, backward as if nothing had been rounded."""

from dataclasses import dataclass
from math import inf
from typing import Any, assert_never, cast

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from mobilenetv2.network.graph import Activation
from mobilenetv2.weights.fixed_point import integer_limits
from mobilenetv2.weights.quantized import Affine


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a map in steps from its zero point.

    Gradients stop at an activation's bounds and pass the ends of what a byte can hold: a value
    beyond those is none that the network forbids, and has to find its way back.
    """

    ends: tuple[int, int]
    """What is stored."""
    bounds: tuple[float, float]
    """The activation's own; infinite where it has none."""


def limits_of(activation: Activation, affine: Affine) -> Limits:
    """Those of a map behind an activation."""
    low, high = integer_limits(activation, affine)
    ends = low - affine.zero_point, high - affine.zero_point
    match activation:
        case "none":
            return Limits(ends, (-inf, inf))
        case "relu":
            return Limits(ends, (0.0, inf))
        case "relu6":
            return Limits(ends, (0.0, float(round(6 / affine.scale))))
        case _:
            assert_never(activation)


class _ToBytes(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, sums: Tensor, factor: Tensor, limits: Limits, upwards: bool
    ) -> Tensor:
        steps = sums * factor
        steps = steps.add_(0.5).floor_() if upwards else steps.round_()
        low, high = limits.bounds
        # One mask instead of the map: it is all that the way back needs.
        alive = (steps >= low) & (steps <= high) if low > -inf else torch.ones((), dtype=torch.bool)
        ctx.save_for_backward(factor, alive)
        return steps.clamp_(*limits.ends)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401
        factor, alive = ctx.saved_tensors
        return (gradient * factor).mul_(alive), None, None, None


class _ToIntegers(torch.autograd.Function):
    @staticmethod
    def forward(_ctx: FunctionCtx, steps: Tensor, limit: float) -> Tensor:
        return steps.round().clamp_(-limit, limit)

    @staticmethod
    def backward(_ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def to_bytes(sums: Tensor, factor: Tensor, limits: Limits, *, upwards: bool = False) -> Tensor:
    """`sums * factor` as the nearest whole steps within limits.

    Args:
        sums: [N, channels, height, width].
        factor: of the same type, that broadcasts.
        limits: of the map that comes out.
        upwards: halves go up, as in fixed point, and not to the even neighbor.
    """
    return cast("Tensor", _ToBytes.apply(sums, factor, limits, upwards))


def to_integers(steps: Tensor, limit: float) -> Tensor:
    """The nearest integers from -limit to limit, halves to even."""
    return cast("Tensor", _ToIntegers.apply(steps, limit))
