"""The reference runner against the definitions written out as loops, and against itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.engine.reference import (
    evaluate_node,
    random_weights,
    reference_runner,
)
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import (
    Add,
    BatchNorm,
    Bias,
    Concat,
    Conv,
    Pads,
    Pool,
    Resize,
    Shape,
    window_output,
)
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.fold import fold, folded_spec
from tests.specs import specs


def loop_convolution(node: Conv, image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Convolution by its definition: one output number at a time, float64."""
    pads = node.pads
    padded = np.pad(image, ((pads.top, pads.bottom), (pads.left, pads.right), (0, 0)))
    out = np.zeros(node.shape)
    inputs = node.in_channels // node.groups
    outputs = node.shape.channels // node.groups
    for y, x, c in np.ndindex(node.shape):
        first = c // outputs * inputs
        for ky, kx, i in np.ndindex(*node.kernel, inputs):
            row, column = y * node.stride + ky * node.dilation, x * node.stride + kx * node.dilation
            out[y, x, c] += padded[row, column, first + i] * weight[c, i, ky, kx]
    return out


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv, tuple[int, int]]:
    height, width = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    kernel, stride = draw(st.sampled_from([(1, 1), (3, 3), (2, 3)])), draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2))
    pads = Pads(*(draw(st.integers(0, 2)) for _ in range(4)))
    groups, inputs, outputs = draw(st.sampled_from([(1, 3, 4), (4, 4, 4), (2, 4, 6), (3, 3, 6)]))
    shape = Shape(
        window_output(height, kernel[0], stride, dilation, pads.top + pads.bottom),
        window_output(width, kernel[1], stride, dilation, pads.left + pads.right),
        outputs,
    )
    norm = draw(st.sampled_from([Bias(), BatchNorm(1e-3)]))
    activation = draw(st.sampled_from(["none", "relu", "relu6"]))
    node = Conv(
        "c", "input", shape, inputs, kernel, stride, dilation, groups, pads, norm, activation
    )
    return node, (height, width)


@given(convolutions(), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_convolution_is_its_definition(case: tuple[Conv, tuple[int, int]], seed: int):
    node, (height, width) = case
    if min(node.shape) < 1:
        return
    random = np.random.default_rng(seed)
    image = random.normal(0, 2, (height, width, node.in_channels)).astype(np.float32)
    weights = {
        name: random.uniform(0.5, 1.5, shape).astype(np.float32)
        for name, shape in node.parameter_shapes.items()
    }
    expected = loop_convolution(node, image, weights["c.weight"])
    if isinstance(node.norm, BatchNorm):
        deviation = np.sqrt(weights["c.variance"] + 1e-3)
        expected = (expected - weights["c.mean"]) / deviation * weights["c.gamma"]
        expected = expected + weights["c.beta"]
    else:
        expected = expected + weights["c.bias"]
    if node.activation != "none":
        expected = np.clip(expected, 0, 6 if node.activation == "relu6" else None)
    actual = evaluate_node(node, [image[None]], weights)
    np.testing.assert_allclose(actual[0], expected, rtol=1e-4, atol=1e-4)


def test_average_pooling_leaves_padding_out_of_the_mean():
    node = Pool("p", "i", Shape(2, 2, 1), "average", (3, 3), 2, Pads(1, 1, 1, 1))
    ones = np.ones((1, 3, 3, 1), np.float32)
    np.testing.assert_array_equal(evaluate_node(node, [ones], {}), np.ones((1, 2, 2, 1)))


def test_maximum_pooling_of_negative_values_is_not_the_padding():
    node = Pool("p", "i", Shape(2, 2, 1), "max", (3, 3), 2, Pads(1, 1, 1, 1))
    values = np.full((1, 3, 3, 1), -5, np.float32)
    np.testing.assert_array_equal(evaluate_node(node, [values], {}), np.full((1, 2, 2, 1), -5))


@pytest.mark.parametrize(
    ("alignment", "expected"),
    [
        ("corners", [0, 2 / 3, 4 / 3, 2]),
        ("half_pixel", [0, 0.625, 1.375, 2]),
    ],
)
def test_resize_sample_points(alignment: str, expected: list[float]):
    node = Resize("r", "i", Shape(1, 4, 1), alignment)  # type: ignore[arg-type]
    ramp = np.arange(3, dtype=np.float32).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(evaluate_node(node, [ramp], {})[0, 0, :, 0], expected, rtol=1e-6)


def test_add_and_concat():
    a, b = np.ones((1, 2, 2, 1), np.float32), np.full((1, 2, 2, 1), -3, np.float32)
    added = evaluate_node(Add("s", "a", "b", Shape(2, 2, 1), "relu"), [a, b], {})
    assert added.max() == 0
    joined = evaluate_node(Concat("c", ("a", "b"), Shape(2, 2, 2)), [a, b], {})
    np.testing.assert_array_equal(joined[0, 0, 0], [1, -3])


@given(specs)
@settings(max_examples=15, deadline=None)
def test_folding_changes_no_output(spec: Spec):
    graph, folded = build(spec), build(folded_spec(spec))
    weights = random_weights(graph, seed=1)
    images = np.random.default_rng(2).normal(size=(2, *graph.input.shape)).astype(np.float32)
    before = reference_runner(graph, weights)(images)
    after = reference_runner(folded, fold(graph, weights))(images)
    assert list(before) == list(graph.outputs)
    for name, expected in before.items():
        assert expected.shape == (2, *graph.by_name[name].shape)
        scale = np.abs(expected).max() + 1e-6
        # Random weights amplify roundings: up to 2e-4 seen; a wrong fold is off by far more.
        np.testing.assert_allclose(after[name] / scale, expected / scale, atol=1e-3)


def test_a_batch_is_its_pictures_one_by_one():
    graph = build(Spec(width=0.1, size=(65, 33)))
    run = reference_runner(graph, random_weights(graph, 0))
    images = np.random.default_rng(0).normal(size=(3, 65, 33, 3)).astype(np.float32)
    together = run(images)["logits"]
    alone = np.concatenate([run(image[None])["logits"] for image in images])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


def test_a_wrong_input_shape_is_refused():
    graph = build(Spec(width=0.1, size=(32, 32)))
    run = reference_runner(graph, random_weights(graph, 0))
    with pytest.raises(ValueError, match=r"images must be \[N, 32, 32, 3\], got \(1, 3, 32, 32\)"):
        run(np.zeros((1, 3, 32, 32), np.float32))
