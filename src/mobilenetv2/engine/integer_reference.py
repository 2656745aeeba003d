"""What every node means in a quantised network, in numpy: the oracle of all integer backends.

Maps are uint8, NHWC, `real = scale * (stored - zero_point)`. Sums of products are exact; one
float32 factor a channel brings them to the scale of the output, where they are rounded to the
nearest integer, halves to even. Sums and changes of scale are in fixed point
(`weights/fixed_point.py`). A backend that follows this agrees to the last bit.
"""

from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.reference import convolve, pad, resize, window
from mobilenetv2.engine.runner import Images, Runner
from mobilenetv2.network.graph import (
    Activation,
    Add,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pool,
    Resize,
)
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.fixed_point import (
    CHANGE_SHIFT,
    change_of_scale,
    integer_limits,
    layer_factors,
    sum_factors,
)
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization

Stored = npt.NDArray[np.uint8]


def integer_reference_runner(graph: Graph, quantization: Quantization) -> Runner:
    """A runner that evaluates one node after the other, float32 at both ends, uint8 in between.

    Raises:
        CheckpointError: the integers are those of another network.
    """
    quantization.check(graph)
    last_reader = {source: node.name for node in graph.nodes for source in node.sources}
    expected = graph.input.shape

    def run(images: Images) -> dict[str, Array]:
        if images.ndim != 4 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be [N, {expected.height}, {expected.width}, 3], got {images.shape}"
            )
        given = images.astype(np.float32, copy=False)
        maps = {graph.input.name: quantize(given, quantization.activations[graph.input.name])}
        for node in graph.nodes:
            sources = [maps[source] for source in node.sources]
            if sources:
                maps[node.name] = evaluate_integer_node(node, sources, quantization)
            for source in set(node.sources):
                if last_reader[source] == node.name and source not in graph.outputs:
                    del maps[source]
        return {
            name: dequantize(maps[name], quantization.activations[name]) for name in graph.outputs
        }

    return run


def evaluate_integer_node(node: Node, sources: list[Stored], quantization: Quantization) -> Stored:
    """The map of one node from its sources' maps, all uint8 [N, height, width, channels].

    Args:
        node: any; an `Input` hands on what it is given.
        sources: in the order of `node.sources`.
        quantization: has the node's own affine, those of its sources, and its integers.
    """
    after = quantization.activations[node.name]
    before = [quantization.activations[name] for name in node.sources]
    match node:
        case Input():
            return sources[0]
        case Conv():
            return _convolve(node, sources[0], quantization.convs[node.name], before[0], after)
        case Add():
            return _add(node, sources, before, after)
        case Pool():
            return _pool(node, sources[0], before[0], after)
        case Resize():
            blended = resize(node, _centered(sources[0], before[0]))
            return _store(blended * np.float32(before[0].scale / after.scale), after)
        case Concat():
            parts = [
                requantize(source, affine, after)
                for source, affine in zip(sources, before, strict=True)
            ]
            return np.concatenate(parts, axis=3)
        case _:
            assert_never(node)


def quantize(values: Array, affine: Affine) -> Stored:
    """Real numbers as the nearest integers, 0..255."""
    return _store(values / np.float32(affine.scale), affine)


def dequantize(stored: Stored, affine: Affine) -> Array:
    """The real numbers that integers stand for, float32."""
    return _centered(stored, affine) * np.float32(affine.scale)


def requantize(stored: Stored, before: Affine, after: Affine) -> Stored:
    """The same real numbers under another affine, as near as they come."""
    if before == after:
        return stored
    steps = (stored.astype(np.int64) - before.zero_point) * change_of_scale(before, after)
    return _limited((steps + (1 << CHANGE_SHIFT - 1)) >> CHANGE_SHIFT, after)


def _add(node: Add, sources: list[Stored], before: list[Affine], after: Affine) -> Stored:
    factors = sum_factors(before[0], before[1], after)
    first, second = (
        source.astype(np.int64) - affine.zero_point
        for source, affine in zip(sources, before, strict=True)
    )
    steps = first * factors.first + second * factors.second + (1 << factors.shift - 1)
    return _limited(steps >> factors.shift, after, node.activation)


def _convolve(
    node: Conv, source: Stored, integers: IntegerConv, before: Affine, after: Affine
) -> Stored:
    # Sums of fewer than 2^53 are exact in float64, for which there is a fast matrix product; a
    # border of 0 around what is centred is a border of zero points around what is stored.
    weight = integers.weight.astype(np.float64) - integers.zero_point[:, None, None, None]
    centered = source.astype(np.float64) - before.zero_point
    sums = convolve(node, centered, {f"{node.name}.weight": weight}) + integers.bias
    factors = layer_factors(before, integers.scale, after)
    return _store(sums.astype(np.float32) * factors, after, node.activation)


def _pool(node: Pool, source: Stored, before: Affine, after: Affine) -> Stored:
    offsets = [(y, x) for y in range(node.kernel[0]) for x in range(node.kernel[1])]
    if node.kind == "max":
        padded = pad(source, node.pads)
        largest: Stored = np.maximum.reduce([window(padded, node, y, x) for y, x in offsets])
        return requantize(largest, before, after)
    centered = pad(source - np.int64(before.zero_point), node.pads)
    ones = pad(np.ones((1, *source.shape[1:3], 1), np.int64), node.pads)
    total = np.add.reduce([window(centered, node, y, x) for y, x in offsets])
    count = np.add.reduce([window(ones, node, y, x) for y, x in offsets])
    factor = before.scale / (count * after.scale)
    return _store(total.astype(np.float32) * factor.astype(np.float32), after)


def _centered(stored: Stored, affine: Affine) -> Array:
    return stored.astype(np.float32) - np.float32(affine.zero_point)


def _store(steps: Array, affine: Affine, activation: Activation = "none") -> Stored:
    """Steps of the output's scale, float32, as integers within the activation's limits."""
    return _limited(np.rint(steps), affine, activation)


def _limited(
    steps: Array | npt.NDArray[np.int64], affine: Affine, activation: Activation = "none"
) -> Stored:
    low, high = integer_limits(activation, affine)
    return np.clip(steps + affine.zero_point, low, high).astype(np.uint8)
