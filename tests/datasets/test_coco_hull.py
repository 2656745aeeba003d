"""Boxes of COCO objects that state none."""

import numpy as np
import pytest

from mobilenetv2.datasets.coco_hull import segmentation_hull


def test_polygons():
    assert segmentation_hull([[10, 10, 50, 10, 50, 40], [5, 20, 6, 20, 6, 21]]) == (5, 10, 50, 40)
    assert segmentation_hull([10, 10, 50, 10, 50, 40]) == (10, 10, 50, 40)
    assert segmentation_hull([["10", "10", "50", "10", "50", "40"]]) == (10, 10, 50, 40)


@pytest.mark.parametrize(
    "value", [None, [], [[]], "x", 3, [[1, 2]], [[1, 2, 3, 4, 5, None]], [[1, 2, 3, 4, 5, 6, 7]],
              {"counts": [5], "size": [2, 2]}, {"counts": [4], "size": [2, 2]}, {"counts": "~"},
              {"counts": [1, 10**400], "size": [2, 2]}, {"counts": [0, 1], "size": [10**9, 10**9]}],
)  # fmt: skip
def test_nothing_that_has_a_shape(value: object):
    assert segmentation_hull(value) is None


def test_runs_that_end_before_their_picture():
    """The last run of 0 may be missing; where it is there, it reaches the end."""
    assert segmentation_hull({"counts": [5, 3], "size": [4, 4]}) == (1, 1, 2, 4)
    assert segmentation_hull({"counts": [5, 3, 8], "size": [4, 4]}) == (1, 1, 2, 4)
    assert segmentation_hull({"counts": [5, 3, 4], "size": [4, 4]}) is None


def test_run_lengths_in_both_spellings_against_the_public_tool():
    mask_tools = pytest.importorskip("pycocotools.mask", reason="compares with pycocotools")
    random = np.random.default_rng(3)
    for _ in range(50):
        mask = np.zeros((13, 17), np.uint8, order="F")
        left, top = random.integers(0, 12), random.integers(0, 9)
        mask[top : top + random.integers(1, 5), left : left + random.integers(1, 6)] = 1
        mask &= random.integers(0, 2, mask.shape, np.uint8)
        encoded = mask_tools.encode(mask)
        text = encoded["counts"].decode()
        rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
        right = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if mask.any() else None
        assert segmentation_hull({"counts": text, "size": [13, 17]}) == right
        flat = mask.ravel(order="F").astype(int)
        edges = np.flatnonzero(np.diff(flat)) + 1
        runs = np.diff([0, *edges, len(flat)]).tolist()
        runs = [0, *runs] if flat[0] else runs
        assert segmentation_hull({"counts": runs, "size": [13, 17]}) == right
