"""Layers without a format: what exporters say in different words becomes the same layers."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Pads, Shape
from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.recognize.folded import effective_weight
from mobilenetv2.weights.recognize.layers import (
    FREE,
    Average,
    Convolution,
    Padding,
    Picture,
    Sum,
    Unknown,
    activation,
    ancestry,
)
from mobilenetv2.weights.recognize.simplify import (
    add,
    affine,
    average,
    clip,
    convolution,
    pad,
    saturation,
)
from mobilenetv2.weights.recognize.view import (
    NCHW,
    NHWC,
    View,
    covers_map,
    drop,
    insert,
    per_channel,
    reshape,
    transpose,
)

PICTURE = Picture("picture", Shape(8, 8, 3), np.ones(3), np.zeros(3))
KERNEL = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)


def conv(source=PICTURE, weight=KERNEL, bias=None, **how):
    return convolution(source, weight, bias, tensor="conv", **how)


def test_a_batch_norm_after_a_convolution_becomes_part_of_it():
    gain, offset = np.array([1.0, 2, 3, -4]), np.arange(4.0)
    layer = affine(conv(bias=np.ones(4)), gain, offset, "normalised")
    np.testing.assert_allclose(effective_weight(layer), KERNEL * gain[:, None, None, None], 1e-6)
    np.testing.assert_array_equal(layer.bias, gain + offset)
    assert layer.tensor == "normalised"


def test_nothing_is_multiplied_where_nothing_scales():
    np.testing.assert_array_equal(effective_weight(conv()), KERNEL)


def test_arithmetic_behind_an_activation_stays_outside():
    layer = affine(clip(conv(), 0, 6, "relu6"), np.full(4, 2.0), np.zeros(4), "doubled")
    assert isinstance(layer, Unknown)
    assert affine(layer, np.ones(4), np.zeros(4), "same") is layer


def test_arithmetic_on_the_picture_is_its_normalisation():
    halved = affine(PICTURE, np.full(3, 0.5), np.zeros(3), "halved")
    shifted = affine(halved, np.ones(3), np.full(3, -1.0), "shifted")
    assert (shifted.gain.tolist(), shifted.offset.tolist()) == ([0.5] * 3, [-1.0] * 3)


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ([(0, inf)], "relu"),
        ([(0, 6)], "relu6"),
        ([(0, inf), (-inf, 6)], "relu6"),
        ([(-inf, 6), (0, inf)], "relu6"),
        ([(0, 6), (0, 6)], "relu6"),
        ([(-inf, inf)], "none"),
        ([(-1, 1)], None),
    ],
)
def test_clips_in_a_row_are_one(limits, name):
    layer = conv()
    for low, high in limits:
        layer = clip(layer, low, high, "clipped")
    assert activation(layer.clamp) == name


def test_zeros_before_a_convolution_are_its_pads():
    padded = pad(pad(PICTURE, Pads(0, 1, 0, 1), "once"), Pads(1, 0, 0, 0), "twice")
    assert padded.shape == Shape(10, 9, 3)
    layer = conv(padded, stride=(2, 2))
    assert (layer.source, layer.pads) == (PICTURE, Pads(1, 1, 0, 1))
    assert layer.shape == Shape(4, 4, 4)
    assert pad(PICTURE, Pads(), "none") is PICTURE


@given(
    size=st.integers(1, 40), kernel=st.sampled_from([1, 3, 5]), stride=st.integers(1, 3),
    rate=st.integers(1, 3),
)  # fmt: skip
def test_same_padding_gives_the_size_over_the_stride(size, kernel, stride, rate):
    source = replace(PICTURE, shape=Shape(size, size, 3))
    weight = np.ones((2, 3, kernel, kernel), np.float32)
    how = {"stride": (stride, stride), "dilation": (rate, rate)}
    upper, lower = (conv(source, weight, padding=p, **how) for p in ("same", "same_lower"))
    assert upper.shape == lower.shape == Shape(-(-size // stride), -(-size // stride), 2)
    assert upper.pads == Pads(*lower.pads[1::-1], *lower.pads[:1:-1])
    assert 0 <= upper.pads.bottom - upper.pads.top <= 1


def test_the_factor_of_an_average_goes_into_the_weight():
    summed = average(PICTURE, "sum", 64.0)
    mean = affine(summed, np.full(3, 1 / 32), np.zeros(3), "mean")
    layer = conv(mean, np.ones((2, 3, 1, 1), np.float32))
    assert isinstance(mean, Average)
    np.testing.assert_array_equal(effective_weight(layer), np.full((2, 3, 1, 1), 2.0))


@pytest.mark.parametrize(
    "how",
    [
        {"weight": KERNEL[:, :2]},
        {"weight": KERNEL[0]},
        {"groups": 0},
        {"groups": 3},
        {"bias": np.ones(3)},
        {"stride": (0, 1)},
        {"dilation": (9, 9)},
        {"padding": Pads(-1, 0, 0, 0)},
    ],
)
def test_a_convolution_that_does_not_fit_is_refused(how):
    with pytest.raises(CheckpointError, match="conv"):
        conv(**how)


def test_behind_an_unknown_operation_nothing_is_refused():
    """Its shape is a guess: the message must name the operation, not the guess."""
    strange = Unknown("strange", Shape(1, 1, 5), "STRANGE", (PICTURE,))
    assert isinstance(conv(strange), Unknown)
    assert isinstance(conv(pad(strange, Pads(1, 1, 1, 1), "padded")), Unknown)


def test_maps_of_different_shape_are_not_added():
    first = conv(padding="same")
    assert isinstance(add(first, clip(first, 0, 6, "clipped"), "sum"), Sum)
    assert isinstance(add(first, PICTURE, "sum"), Unknown)


def test_ancestry_names_every_layer_once_sources_first():
    first = conv(padding="same")
    both = add(first, clip(first, 0, 6, "clipped"), "sum")
    layers = ancestry((both, both))
    assert [type(layer) for layer in layers] == [Picture, Convolution, Convolution, Sum]
    assert len({id(layer) for layer in layers}) == 4


def test_a_chain_of_any_length_is_followed():
    """Recursion would end at a thousand."""
    layer = PICTURE
    for _ in range(5000):
        layer = Padding("pad", layer.shape, layer, Pads())
    assert len(ancestry((layer,))) == 5001


@pytest.mark.parametrize(
    ("scale", "zero", "dtype", "expected"),
    [
        (6 / 255, 0, "uint8", (0, 6)),
        (6 / 255, -128, "int8", (0, 6)),
        (5.2 / 255, 0, "uint8", (0, 6)),
        (7 / 255, 0, "uint8", (0, inf)),
        (6 / 255, 3, "uint8", FREE),
    ],
)
def test_a_quantised_range_may_imply_an_activation(scale, zero, dtype, expected):
    assert saturation(scale, zero, dtype) == expected


def test_transpositions_move_letters():
    view = View(PICTURE, NHWC)
    turned = transpose(view, (0, 3, 1, 2))
    assert turned.axes == NCHW
    assert turned.dims == (1, 3, 8, 8)
    assert transpose(view, (0, 1, 2)) is None
    assert transpose(view, (0, 1, 1, 2)) is None


@pytest.mark.parametrize(
    ("dims", "axes"),
    [
        ((1, 7), "nc"), ((-1, 7), "nc"), ((0, -1), "nc"), ((7,), "c"), ((4, 7), "nc"),
        ((1, 1, 1, 7), "nhwc"), ((1, 7, 1, 1), "nchw"), ((7, 2), None), ((1, 2, 7), None),
    ],
)  # fmt: skip
def test_one_pixel_may_be_reshaped(dims, axes):
    view = View(replace(PICTURE, shape=Shape(1, 1, 7)), NCHW)
    found = reshape(view, dims)
    assert (found and "".join(found.axes)) == axes


def test_a_map_may_not_be_flattened():
    assert reshape(View(PICTURE, NHWC), (1, 192)) is None
    assert reshape(View(PICTURE, NHWC), (-1, 8, 8, 3)) == View(PICTURE, NHWC)


def test_axes_of_size_one_come_and_go():
    view = View(replace(PICTURE, shape=Shape(1, 1, 7)), NCHW)
    flat = drop(view, (2, -1))
    assert flat.axes == ("n", "c")
    assert insert(flat, (2, 3)).dims == (1, 7, 1, 1)
    assert drop(view, (1,)) is None
    assert drop(View(PICTURE, NCHW), (2,)) is None
    assert insert(View(PICTURE, NCHW), (0,)) is None


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), [2] * 3), ((3, 1, 1), [2] * 3), ((1, 3, 1, 1), [2] * 3), ((3,), None), ((8, 8), None)],
)
def test_constants_count_when_they_differ_by_channel_only(shape, expected):
    found = per_channel(View(PICTURE, NCHW), np.full(shape, 2.0))
    assert (found if found is None else found.tolist()) == expected


def test_an_average_has_to_cover_the_whole_map():
    assert covers_map(View(PICTURE, NCHW), (2, 3))
    assert covers_map(View(PICTURE, NHWC), (-3, -2))
    assert not covers_map(View(PICTURE, NHWC), (2, 3))
    assert not covers_map(View(PICTURE, NHWC), (1,))
    assert not covers_map(View(PICTURE, NHWC), (1, 2, 9))


def test_the_budget_ends():
    budget = Budget(file_bytes=100)
    budget.spend(1_000_400)
    with pytest.raises(CheckpointError, match="made to exhaust memory"):
        budget.spend(1)
