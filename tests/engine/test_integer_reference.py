"""The integer reference against its rules, written out number by number in Python's integers."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.engine.integer_reference import (
    dequantize,
    evaluate_integer_node,
    integer_reference_runner,
    quantize,
    requantize,
)
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.engine.reference import evaluate_node, reference_runner, resize
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import (
    Add,
    Bias,
    Concat,
    Conv,
    Input,
    Pads,
    Pool,
    Resize,
    Shape,
    window_output,
)
from mobilenetv2.network.spec import Classifier, DeepLab, Spec
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from tests.engine.integers import random_quantization
from tests.quantized import random_quantized
from tests.specs import specs

affines = st.builds(Affine, st.floats(2**-7, 0.5, width=32).map(float), st.integers(0, 255))
activations = st.sampled_from(["none", "relu", "relu6"])


def nearest(value: np.float32) -> int:
    """The nearest integer, halves to even: Python's own round, exact on fractions."""
    return round(Fraction(float(value)))


def finish(value: np.float32, affine: Affine, activation: str = "none") -> int:
    low = 0 if activation == "none" else affine.zero_point
    six = nearest(6 / affine.scale) + affine.zero_point
    high = min(255, six) if activation == "relu6" else 255
    return min(max(nearest(value) + affine.zero_point, low), high)


def change(before: Affine, after: Affine) -> Fraction:
    """The quotient of two scales, which is a float32."""
    return Fraction(float(np.float32(before.scale) / np.float32(after.scale)))


def rescaled(stored: int, before: Affine, after: Affine) -> int:
    """In 256ths of a step, halves up."""
    steps = (stored - before.zero_point) * round(change(before, after) * 256)
    return min(max(floor(Fraction(steps, 256) + Fraction(1, 2)) + after.zero_point, 0), 255)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv, tuple[int, int], int]:
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    kernel, stride = draw(st.sampled_from([(1, 1), (3, 3), (2, 3)])), draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2))
    pads = Pads(*(draw(st.integers(0, 2)) for _ in range(4)))
    groups, inputs, outputs = draw(st.sampled_from([(1, 3, 4), (4, 4, 4), (2, 4, 6), (3, 3, 6)]))
    shape = Shape(
        window_output(height, kernel[0], stride, dilation, pads.top + pads.bottom),
        window_output(width, kernel[1], stride, dilation, pads.left + pads.right),
        outputs,
    )
    node = Conv(
        "conv", "input", shape, inputs, kernel, stride, dilation, groups, pads, Bias(),
        draw(activations),
    )  # fmt: skip
    return node, (height, width), draw(st.integers(0, 2**32 - 1))


@given(case=convolutions(), before=affines, after=affines, signed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_convolution_is_its_definition(case, before, after, signed):
    node, size, seed = case
    if min(node.shape) < 1:
        return
    random = np.random.default_rng(seed)
    channels = node.shape.channels
    weight = random.integers(-128, 128, node.weight_shape)
    zero = random.integers(-128, 128, channels) if not signed else np.zeros(channels, int)
    integers = IntegerConv(
        weight.astype(np.int8) if signed else (weight + 128).astype(np.uint8),
        random.uniform(1e-4, 0.02, channels).astype(np.float32),
        (zero if signed else zero + 128).astype(np.int32),
        random.integers(-(2**20), 2**20, channels).astype(np.int32),
    )
    quantization = Quantization({"input": before, "conv": after}, {"conv": integers})
    image = random.integers(0, 256, (1, *size, node.in_channels)).astype(np.uint8)
    found = evaluate_integer_node(node, [image], quantization)
    assert found.dtype == np.uint8
    for place in np.ndindex(*node.shape):
        total = integer_sum(node, image[0], integers, before, place)
        scale = np.float32(before.scale) * integers.scale[place[2]]
        value = np.float32(total) * np.float32(scale / np.float32(after.scale))
        assert found[(0, *place)] == finish(value, after, node.activation)


def integer_sum(node, image, integers, before, place) -> int:
    y, x, c = place
    inputs = node.in_channels // node.groups
    first = c // (node.shape.channels // node.groups) * inputs
    total = int(integers.bias[c])
    for ky, kx, i in np.ndindex(*node.kernel, inputs):
        row = y * node.stride + ky * node.dilation - node.pads.top
        column = x * node.stride + kx * node.dilation - node.pads.left
        if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
            difference = int(image[row, column, first + i]) - before.zero_point
            total += difference * (int(integers.weight[c, i, ky, kx]) - int(integers.zero_point[c]))
    return total


def test_sums_are_exact_beyond_what_float32_can_count():
    """255 * 255 * 400 + 1 is no float32; half of it must still be rounded from the whole number."""
    node = Conv("c", "i", Shape(1, 1, 1), 400, (1, 1), 1, 1, 1, Pads(), Bias(), "none")
    integers = IntegerConv(
        np.full((1, 400, 1, 1), 255, np.uint8),
        np.array([1], np.float32),
        np.array([0], np.int32),
        np.array([-255 * 255 * 400 + 77], np.int32),
    )
    quantization = Quantization({"i": Affine(1, 0), "c": Affine(1, 0)}, {"c": integers})
    full = np.full((1, 1, 1, 400), 255, np.uint8)
    assert evaluate_integer_node(node, [full], quantization).item() == 77


@given(affines, affines, affines, activations, st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_addition_is_in_fixed_point_and_rounds_halves_up(first, second, after, activation, seed):
    node = Add("sum", "a", "b", Shape(3, 4, 5), activation)
    quantization = Quantization({"a": first, "b": second, "sum": after}, {})
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 256, (2, 1, 3, 4, 5)).astype(np.uint8)
    found = evaluate_integer_node(node, [a, b], quantization)
    changes = change(first, after), change(second, after)
    # The larger factor has 21 bits before its point moves to the left of all of them.
    unit = next(Fraction(2) ** n for n in range(-30, 30) if Fraction(2) ** (n + 21) > max(changes))
    factors = [round(factor / unit) for factor in changes]
    for place in np.ndindex(a.shape):
        left = (int(a[place]) - first.zero_point) * factors[0]
        right = (int(b[place]) - second.zero_point) * factors[1]
        steps = floor((left + right) * unit + Fraction(1, 2))
        assert found[place] == finish(np.float32(steps), after, activation)


@given(affines, affines, st.sampled_from(["average", "max"]), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_pooling_leaves_padding_out(before, after, kind, seed):
    node = Pool("pool", "x", Shape(3, 3, 2), kind, (3, 2), 2, Pads(1, 1, 1, 1))
    quantization = Quantization({"x": before, "pool": after}, {})
    image = np.random.default_rng(seed).integers(0, 256, (1, 5, 5, 2)).astype(np.uint8)
    found = evaluate_integer_node(node, [image], quantization)
    for y, x, c in np.ndindex(*node.shape):
        rows, columns = slice(max(0, 2 * y - 1), 2 * y + 2), slice(max(0, 2 * x - 1), 2 * x + 1)
        seen = [int(v) - before.zero_point for v in image[0, rows, columns, c].reshape(-1)]
        if kind == "max":
            expected = rescaled(max(seen) + before.zero_point, before, after)
        else:
            factor = np.float32(before.scale / (len(seen) * after.scale))
            expected = finish(np.float32(sum(seen)) * factor, after)
        assert found[0, y, x, c] == expected


@given(affines, affines, st.sampled_from(["corners", "half_pixel"]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_resizing_interpolates_what_is_centered_and_rounds_once(before, after, alignment, seed):
    node = Resize("up", "x", Shape(7, 5, 2), alignment)
    image = np.random.default_rng(seed).integers(0, 256, (1, 3, 4, 2)).astype(np.uint8)
    quantization = Quantization({"x": before, "up": after}, {})
    found = evaluate_integer_node(node, [image], quantization)
    blended = resize(node, image.astype(np.float32) - np.float32(before.zero_point))
    scaled = blended * np.float32(before.scale / after.scale)
    for place in np.ndindex(found.shape):
        assert found[place] == finish(scaled[place], after)


def test_joining_brings_every_part_to_the_scale_of_the_whole():
    node = Concat("all", ("a", "b"), Shape(1, 1, 4))
    whole = Affine(0.5, 10)
    quantization = Quantization({"a": whole, "b": Affine(0.25, 8), "all": whole}, {})
    a, b = (np.array(values, np.uint8).reshape(1, 1, 1, 2) for values in ([3, 255], [9, 11]))
    # 0.25 is half a step and 0.75 is one and a half: both go up.
    found = evaluate_integer_node(node, [a, b], quantization)
    assert found.reshape(-1).tolist() == [3, 255, 11, 12]


@given(affines, st.lists(st.floats(-100, 100, width=32), min_size=1))
def test_numbers_become_the_nearest_integers_there_are(affine, values):
    real = np.array(values, np.float32)
    stored = quantize(real, affine)
    again = dequantize(stored, affine)
    assert again.dtype == np.float32
    ends = dequantize(np.array([0, 255], np.uint8), affine)
    assert np.all(np.abs(again - np.clip(real, *ends)) <= 0.5001 * affine.scale)
    np.testing.assert_array_equal(quantize(again, affine), stored)
    np.testing.assert_array_equal(requantize(stored, affine, affine), stored)


@given(specs, st.sampled_from([np.int8, np.uint8]))
@settings(max_examples=15, deadline=None)
def test_it_runs_every_graph_and_stays_near_the_floats(spec, dtype):
    """Over many layers rounding adds up, so only the size of the differences can be told."""
    graph = build(replace(spec, batch_norm_epsilon=None))
    quantization = random_quantization(graph, 3, dtype)
    images = np.random.default_rng(0).uniform(-1, 1, (2, *graph.input.shape)).astype(np.float32)
    found = integer_reference_runner(graph, quantization)(images)
    assert set(found) == set(graph.outputs)
    for name, values in found.items():
        shape = graph.by_name[name].shape
        assert (values.shape, values.dtype) == ((2, *shape), np.float32)
        stored = quantize(values, quantization.activations[name])
        np.testing.assert_array_equal(dequantize(stored, quantization.activations[name]), values)


def test_each_node_follows_the_float_node_to_one_step():
    spec = Spec(width=0.35, size=(65, 65), head=DeepLab(5, (2,), 16), output_stride=16,
                batch_norm_epsilon=None)  # fmt: skip
    checkpoint = random_quantized(spec)
    quantization, graph = checkpoint.quantization, build(spec)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 65, 65, 3)).astype(np.float32)
    maps = {"input": quantize(images, quantization.activations["input"])}
    for node in graph.nodes:
        if isinstance(node, Input):
            continue
        sources = [maps[name] for name in node.sources]
        maps[node.name] = evaluate_integer_node(node, sources, quantization)
        after = quantization.activations[node.name]
        reals = [dequantize(maps[name], quantization.activations[name]) for name in node.sources]
        real = evaluate_node(node, reals, checkpoint.weights)
        ends = dequantize(np.array([0, 255], np.uint8), after)
        difference = np.abs(np.clip(real, *ends) - dequantize(maps[node.name], after))
        assert difference.max() < 0.51 * after.scale, node.name


def test_pictures_of_another_size_and_foreign_integers_are_refused():
    spec = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
    graph = build(spec)
    run = integer_reference_runner(graph, random_quantization(graph, 0))
    with pytest.raises(ValueError, match=r"images must be \[N, 32, 32, 3\]"):
        run(np.zeros((1, 32, 31, 3), np.float32))
    other = build(replace(spec, head=Classifier(4)))
    with pytest.raises(CheckpointError, match=r"logits\.weight: needs"):
        integer_reference_runner(other, random_quantization(graph, 0))


def test_the_oracle_runs_a_checkpoint_as_it_is_kept():
    spec = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
    checkpoint, graph = random_quantized(spec), build(spec)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
    in_integers = integer_reference_runner(graph, checkpoint.quantization)(images)["logits"]
    in_floats = reference_runner(graph, checkpoint.weights)(images)["logits"]
    np.testing.assert_array_equal(
        oracle(graph, checkpoint.quantization or checkpoint.weights)(images)["logits"], in_integers
    )
    floats = replace(checkpoint, weights=dict(checkpoint.weights), quantization=None)
    np.testing.assert_array_equal(oracle(graph, floats.weights)(images)["logits"], in_floats)
    assert (in_integers != in_floats).any()
