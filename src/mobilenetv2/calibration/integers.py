"""From real weights and ranges to the integers that the engine computes with."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mobilenetv2.calibration.moments import Doubles, Moments
from mobilenetv2.calibration.rounding import MOST, nearest, round_in_turn
from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.fixed_point import layer_factors
from mobilenetv2.weights.quantized import (
    MAX_SUM,
    WEIGHT_SCALES,
    Affine,
    IntegerConv,
    Integers,
    Quantization,
    Scales,
    SmallIntegers,
)

LARGEST_OUTPUT = 2.0**30
"""In steps of the output, before it is cut: half of what the engine takes."""
LARGEST_FACTOR = 255.5
"""Steps of the output for one of the sum: all there are, and below the 256 that XNNPACK refuses."""


def quantize_convs(
    graph: Graph,
    weights: Weights,
    affines: Mapping[str, Affine],
    moments: Mapping[str, Moments],
    *,
    in_turn: bool,
    correct: bool,
) -> Quantization:
    """Every convolution in integers.

    Args:
        graph: folded.
        weights: its own.
        affines: what the bytes of every map stand for.
        moments: of what every convolution reads; without a window, weights are rounded to the
            nearest and biases stay.
        in_turn: round weights one after the other instead of each to the nearest.
        correct: let biases take up what rounding has done to the mean of an output.
    """
    convs = {}
    for conv in graph.convs:
        weight, bias = (weights[f"{conv.name}.{part}"] for part in ("weight", "bias"))
        source, seen = affines[conv.source], moments[conv.name]
        scale = weight_scales(weight, bias, source)
        if in_turn and seen.count:
            stored = round_in_turn(weight, scale, seen)
        else:
            stored = nearest(weight, scale)
        real = bias.astype(np.float64)
        if correct and seen.count:
            real = real + lost_mean(weight, stored, scale, seen)
        whole = IntegerConv(
            stored, scale, np.zeros(len(scale), np.int32), round_bias(real, scale, source)
        )
        convs[conv.name] = within_reach(whole, source, affines[conv.name])
    return Quantization(dict(affines), convs)


def within_reach(conv: IntegerConv, source: Affine, target: Affine) -> IntegerConv:
    """The same with smaller scales where a step of a sum is more than all steps of an output.

    Batch norm divides a channel that training has seen no change of by next to nothing: of one in
    1280 a step of the sum was 958 of its output's 255, which is off or on. So it is by the largest
    factor that XNNPACK takes, or that keeps its outputs within 32 bits before they are cut.
    """
    weight = np.abs(conv.weight.astype(np.int64)).sum((1, 2, 3))
    moved = source.zero_point * conv.weight.astype(np.int64).sum((1, 2, 3))
    largest = 255 * weight + np.abs(conv.bias - moved)
    most = np.minimum(LARGEST_FACTOR, LARGEST_OUTPUT / np.maximum(largest, 1))
    over = layer_factors(source, conv.scale, target).astype(np.float64) / most
    return replace(conv, scale=conv.scale / np.maximum(over, 1).astype(np.float32))


def in_symmetric_bytes(graph: Graph, quantization: Quantization) -> Quantization:
    """The same network with symmetric int8 weights, a scale for each kernel.

    Convolutions that have them stay to the bit; other integers are rounded once more.
    """
    convs = {}
    for conv in graph.convs:
        stored = quantization.convs[conv.name]
        shifted = stored.weight.dtype == np.uint8 or stored.zero_point.any()
        if shifted or (stored.weight < -MOST).any():
            source = quantization.activations[conv.source]
            weight, bias = stored.real_weight(), stored.real_bias(source)
            scale = weight_scales(weight, bias, source)
            zero = np.zeros(len(scale), np.int32)
            whole = nearest(weight, scale)
            stored = IntegerConv(whole, scale, zero, round_bias(bias, scale, source))
        convs[conv.name] = stored
    return Quantization(quantization.activations, convs)


def lost_mean(weight: Array, stored: SmallIntegers, scale: Scales, moments: Moments) -> Doubles:
    """By how much rounding has lowered the mean of each output, [out]."""
    lost = weight - stored * scale.astype(np.float64)[:, None, None, None]
    by_kernel: Doubles = np.einsum("kon,kn->ko", moments.by_kernel(lost), moments.mean)
    return by_kernel.reshape(-1) if moments.depthwise else by_kernel.sum(0)


def weight_scales(weight: Array, bias: Array, source: Affine) -> Scales:
    """Scales that cut no weight off, and let every bias be counted in 32 bits; float32 [out]."""
    largest = np.abs(weight).max((1, 2, 3)).astype(np.float64) / MOST
    room = MAX_SUM // 2 - 255 * 255 * weight[0].size
    needed = np.abs(bias.astype(np.float64)) / (room * source.scale)
    scale = np.maximum(largest, needed)
    low, high = WEIGHT_SCALES
    return np.clip(np.where(scale > 0, scale, 1.0), low, high).astype(np.float32)


def round_bias(bias: Array | Doubles, scale: Scales, source: Affine) -> Integers:
    """In steps of the input's scale times the weight's, int32 [out]."""
    steps = np.rint(bias.astype(np.float64) / (source.scale * scale.astype(np.float64)))
    return np.clip(steps, -MAX_SUM // 2, MAX_SUM // 2).astype(np.int32)
