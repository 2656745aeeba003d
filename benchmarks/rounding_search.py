"""Rounding searched on from where `quantize` leaves it: the most that learning it could bring."""

from dataclasses import replace

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated
from mobilenetv2.calibration.integers import lost_mean, round_bias
from mobilenetv2.calibration.moments import Doubles, Moments
from mobilenetv2.calibration.rounding import DAMPING, MOST
from mobilenetv2.network.build import build
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.quantized import (
    DequantizedWeights,
    IntegerConv,
    Quantization,
    Scales,
    SmallIntegers,
)

TURNS = 400
"""Of each kernel at most."""


def searched_on(found: Calibrated) -> Checkpoint:
    """The integers of `found` with weights turned one by one while that lowers a kernel's error."""
    graph, real = build(found.real.spec), found.real.weights
    convs = {}
    for conv in graph.convs:
        integers, moments = found.quantization.convs[conv.name], found.moments[conv.name]
        source = found.quantization.activations[conv.source]
        if moments.count:
            weight, bias = real[f"{conv.name}.weight"], real[f"{conv.name}.bias"]
            stored = _search(weight, integers.scale, integers.weight, moments)
            mended = bias + lost_mean(weight, stored, integers.scale, moments)
            rounded = round_bias(mended, integers.scale, source)
            integers = IntegerConv(stored, integers.scale, integers.zero_point, rounded)
        convs[conv.name] = integers
    quantization = Quantization(found.quantization.activations, convs)
    weights = DequantizedWeights(graph, quantization)
    return replace(found.integers, weights=weights, quantization=quantization)


def _search(weight: Array, scale: Scales, first: SmallIntegers, moments: Moments) -> SmallIntegers:
    steps = moments.by_kernel(weight / scale.astype(np.float64)[:, None, None, None])
    stored = moments.by_kernel(first.astype(np.float64)).copy()
    covariance = _damped(moments.covariance)
    own = np.diagonal(covariance, axis1=1, axis2=2)[:, None, :]
    error = steps - stored
    slope = error @ covariance
    for _ in range(TURNS):
        up = np.where(stored >= MOST, np.inf, own - 2 * slope)
        down = np.where(stored <= -MOST, np.inf, own + 2 * slope)
        best = np.minimum(up, down)
        places = best.argmin(2)
        gains = np.take_along_axis(best, places[:, :, None], 2)[:, :, 0]
        kernels, outputs = np.nonzero(gains < -1e-9 * own.max())
        if not len(kernels):
            break
        at = places[kernels, outputs]
        turn = np.where(up[kernels, outputs, at] < down[kernels, outputs, at], 1.0, -1.0)
        stored[kernels, outputs, at] += turn
        error[kernels, outputs, at] -= turn
        slope[kernels, outputs] -= turn[:, None] * covariance[kernels, at]
    return moments.as_weight(stored).reshape(weight.shape).astype(np.int8)


def _damped(covariance: Doubles) -> Doubles:
    numbers = covariance.shape[1]
    variance = np.trace(covariance, axis1=1, axis2=2) / numbers
    damping = np.where(variance > 0, variance * DAMPING, 1.0)
    return covariance + damping[:, None, None] * np.eye(numbers)
