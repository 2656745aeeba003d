"""Non-maximum suppression keeps what torchvision keeps, to the last bit of every comparison."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.tasks.boxes import pairwise_iou
from mobilenetv2.tasks.nms import nms

ONE_CLASS = np.zeros(1000, np.int64)


@st.composite
def candidates(draw: st.DrawFn, coarse: bool):
    """Boxes, scores with ties, classes. Coarse boxes have whole-numbered sides and often agree."""
    count = draw(st.integers(0, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    corners = random.integers(0, 13, (count, 2, 2)) if coarse else random.random((count, 2, 2))
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).astype(np.float32)
    scores = random.integers(0, 10, count).astype(np.float32) / np.float32(9)
    return boxes, scores, random.integers(0, 4, count)


overlaps = st.one_of(st.floats(0, 1), st.sampled_from([0.1, 1 / 3, 0.45, 0.5, 0.6, 0.7]))


@given(candidates(coarse=False) | candidates(coarse=True), overlaps)
@settings(max_examples=200, deadline=None)
def test_one_class_is_torchvision_nms(found: tuple[np.ndarray, ...], max_overlap: float):
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    boxes, scores, _ = found
    theirs = ops.nms(torch.from_numpy(boxes), torch.from_numpy(scores), max_overlap).numpy()
    ours = nms(boxes, scores, ONE_CLASS[: len(boxes)], max_overlap)
    np.testing.assert_array_equal(ours, theirs)


# With whole numbers torchvision's trick of moving the classes apart is exact as well.
@given(candidates(coarse=True), overlaps)
@settings(max_examples=200, deadline=None)
def test_many_classes_are_torchvision_batched_nms(
    found: tuple[np.ndarray, ...], max_overlap: float
):
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    tensors = [torch.from_numpy(values) for values in found]
    theirs = ops.batched_nms(*tensors, max_overlap).numpy()
    np.testing.assert_array_equal(nms(*found, max_overlap), theirs)


@given(candidates(coarse=False), overlaps, st.integers(0, 10))
@settings(max_examples=50, deadline=None)
def test_a_limit_cuts_the_whole_result(
    found: tuple[np.ndarray, ...], max_overlap: float, limit: int
):
    np.testing.assert_array_equal(nms(*found, max_overlap, limit), nms(*found, max_overlap)[:limit])


@given(candidates(coarse=False), overlaps)
@settings(max_examples=50, deadline=None)
def test_what_stays_does_not_overlap_and_what_goes_does(
    found: tuple[np.ndarray, ...], max_overlap: float
):
    boxes, scores, classes = found
    kept = nms(*found, max_overlap)
    overlap = pairwise_iou(boxes, boxes[kept])
    rivals = classes[:, None] == classes[kept]
    for column, index in enumerate(kept):
        assert not (overlap[kept[:column], column] > max_overlap + 1e-6)[
            rivals[kept[:column], column]
        ].any()
        assert scores[index] <= scores[kept[:column]].min(initial=1)
    for gone in np.setdiff1d(np.arange(len(boxes)), kept):
        stronger = rivals[gone] & (scores[kept] >= scores[gone])
        assert (overlap[gone, stronger] > max_overlap - 1e-6).any()


def test_a_threshold_between_two_floats_is_compared_in_double():
    # The overlap is the float32 nearest to 0.6, which lies above the double 0.6.
    boxes = np.array([[0, 0, 4, 1], [0, 0, 4, 1], [1, 0, 5, 1]], np.float32)
    overlap = np.float32(3) / np.float32(5)
    assert float(overlap) > 0.6
    scores = np.array([0.9, 0.2, 0.8], np.float32)
    assert nms(boxes, scores, ONE_CLASS[:3], 0.6).tolist() == [0]
    assert nms(boxes, scores, ONE_CLASS[:3], float(overlap)).tolist() == [0, 2]


def test_nothing_in_nothing_out():
    empty = np.zeros((0, 4), np.float32)
    assert nms(empty, empty[:, 0], ONE_CLASS[:0], 0.5).tolist() == []
