"""Outlines enclose the pixels of their class, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from mobilenetv2.tasks.outlines import outline, signed_area, simplify
from mobilenetv2.tasks.results import Segmentation


def rings(rows: list[str], tolerance: float = 0.0) -> list[list[list[float]]]:
    region = np.array([[letter == "#" for letter in row] for row in rows])
    return [ring.tolist() for ring in outline(region, tolerance)]


def painted(found: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Pixels whose middle lies inside an odd number of borders."""
    height, width = shape
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    inside = np.zeros(shape, np.bool_)
    for ring in found:
        for (x1, y1), (x2, y2) in zip(ring, np.roll(ring, -1, 0), strict=True):
            if y1 != y2:
                crosses = (np.minimum(y1, y2) <= y) & (y < np.maximum(y1, y2))
                inside ^= crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def test_a_pixel_has_four_corners_and_runs_clockwise():
    (ring,) = rings(["...", ".#.", "..."])
    assert sorted(ring) == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert signed_area(np.array(ring)) == 1


def test_a_hole_runs_the_other_way():
    areas = sorted(signed_area(np.array(ring)) for ring in rings(["####", "#..#", "####"]))
    assert areas == [-2, 12]


def test_pixels_that_touch_by_a_corner_are_apart():
    assert [signed_area(np.array(ring)) for ring in rings(["#.", ".#"])] == [1, 1]
    assert [signed_area(np.array(ring)) for ring in rings([".#", "#."])] == [1, 1]


def test_nothing_has_no_outline():
    assert rings(["...", "..."]) == []


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_enclose_exactly_the_region(region: np.ndarray):
    found = list(outline(region, 0.0))
    np.testing.assert_array_equal(painted(found, region.shape), region)
    assert sum(signed_area(ring) for ring in found) == region.sum()
    for ring in found:
        before, after = ring - np.roll(ring, 1, 0), np.roll(ring, -1, 0) - ring
        turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        assert np.all(turns != 0), "a point on a straight line"


def test_fewer_points_stay_within_the_tolerance():
    canvas = Image.new("1", (200, 160))
    ImageDraw.Draw(canvas).ellipse((20, 10, 180, 150), fill=1)
    (exact,) = outline(np.asarray(canvas), 0.0)
    (rough,) = outline(np.asarray(canvas), 1.0)
    assert len(rough) < len(exact) / 4
    assert signed_area(rough) == pytest.approx(signed_area(exact), rel=0.02)


def test_what_would_become_a_line_stays():
    ring = np.array([[0, 0], [9, 0], [9, 1], [0, 1]], np.float64)
    np.testing.assert_array_equal(simplify(ring, 5.0), ring)


def test_a_segmentation_names_its_outlines():
    mask = np.zeros((5, 6), np.uint8)
    mask[2:4, 2:5] = 2
    mask[0] = 255
    found = Segmentation(mask, ("background", "bee", "cow")).outlines(tolerance=0)
    cow = next(one for one in found if one.label == "cow")
    assert (cow.index, cow.is_hole) == (2, False)
    assert sorted(cow.points.tolist()) == [[2, 2], [2, 4], [5, 2], [5, 4]]
    assert {one.label for one in found} == {"background", "cow"}
    assert [one.to_json()["hole"] for one in found if one.label == "background"] == [False, True]
