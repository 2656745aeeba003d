"""Joined, resized and cut maps, as layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.recognize.join import MAX_PARTS, join
from mobilenetv2.weights.recognize.layers import Concat, Picture, Resize, Rows, Unknown
from mobilenetv2.weights.recognize.simplify import resize
from mobilenetv2.weights.recognize.view import NCHW, NHWC, View, reshape, transpose


def view(height=2, width=3, channels=8, axes=NHWC):
    ones = np.ones(3)
    return View(Picture("map", Shape(height, width, channels), ones, ones), axes)


@pytest.mark.parametrize(("axes", "axis"), [(NHWC, 3), (NHWC, -1), (NCHW, 1)])
def test_maps_are_joined_in_their_channels(axes, axis):
    parts = [view(axes=axes), view(channels=5, axes=axes)]
    joined = join(parts, axis, "joined")
    assert isinstance(joined.layer, Concat)
    assert joined.layer.shape == Shape(2, 3, 13)
    assert joined.layer.parts == tuple(part.layer for part in parts)


@pytest.mark.parametrize(
    "parts",
    [
        [view(), view(height=1)],
        [view(), view(axes=NCHW)],
        [view(channels=60_000), view(channels=60_000)],
        [view()] * (MAX_PARTS + 1),
        [],
    ],
    ids=["size", "axes", "channels", "parts", "none"],
)
def test_what_does_not_fit_is_not_joined(parts):
    assert join(parts, 3, "joined") is None


def test_an_axis_that_is_not_there_joins_nothing():
    assert join([view()], 4, "joined") is None
    assert join([view()], -5, "joined") is None


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.integers(2, 30))
def test_a_map_is_cut_into_rows_as_numpy_does_it(height, width, anchors, numbers):
    values = np.arange(height * width * anchors * numbers, dtype=np.float32)
    values = values.reshape(1, height, width, -1)
    table = reshape(view(height, width, anchors * numbers), (1, -1, numbers))
    assert table.layer.shape == Shape(height * width * anchors, 1, numbers)
    rows = table.as_nhwc(values.reshape(1, -1, numbers))
    assert (rows[0, :, 0] == values.reshape(-1, numbers)).all()
    assert table.dims == (1, height * width * anchors, numbers)


@pytest.mark.parametrize("dims", [(1, 12, 1, 4), (1, 1, 12, 4), (-1, 12, 4), (0, -1, 4)])
def test_rows_may_have_an_axis_of_size_one(dims):
    table = reshape(view(), dims)
    assert isinstance(table.layer, Rows)
    back = reshape(table, (1, 12, 4))
    assert back.layer is table.layer
    assert back.axes == ("n", "h", "c")


@pytest.mark.parametrize("dims", [(1, 16, 3), (2, 12, 4), (1, 12, 4, 1), (1, 2, 6, 4), (48,)])
def test_other_shapes_are_no_rows(dims):
    assert reshape(view(), dims) is None


def test_channels_first_has_to_be_turned_before_it_is_cut():
    first = view(axes=NCHW)
    assert reshape(first, (1, 12, 4)) is None
    assert reshape(transpose(first, (0, 2, 3, 1)), (1, 12, 4)) is not None


def test_tables_are_joined_one_after_the_other():
    first, second = (reshape(view(height), (1, -1, 4)) for height in (2, 5))
    both = join([first, second], 1, "joined")
    assert both.layer.shape == Shape(12 + 30, 1, 4)
    assert [part.shape.height for part in both.layer.maps] == [2, 5]
    assert join([first, reshape(view(), (1, -1, 2))], 1, "joined") is None


def test_joining_again_and_again_ends():
    """Each step doubles: two hundred of them would never end."""
    table = reshape(view(), (1, -1, 4))
    steps = 0
    while table is not None:
        table, steps = join([table, table], 1, "joined"), steps + 1
    assert steps < 10


def test_resizing_to_the_same_size_is_nothing():
    layer = view().layer
    assert resize(layer, (2, 3), "half_pixel", "same") is layer
    assert resize(layer, (4, 6), "half_pixel", "larger").alignment == "half_pixel"


def test_a_pixel_has_no_alignment():
    layer = resize(view(1, 1).layer, (4, 6), "asymmetric", "spread")
    assert isinstance(layer, Resize)
    assert (layer.alignment, layer.shape) == ("corners", Shape(4, 6, 8))


@pytest.mark.parametrize("size", [(0, 5), (-1, 5), (10**9, 5)])
def test_an_absurd_size_is_unknown(size):
    assert isinstance(resize(view().layer, size, "corners", "huge"), Unknown)
