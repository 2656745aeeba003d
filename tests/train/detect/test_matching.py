"""Which anchor is to find which box."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.network.spec import Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes, decode_offsets_to_ltrb, pairwise_iou
from mobilenetv2.train.detect.matching import BACKGROUND, UNDECIDED, Targets, match

SCALES = (10.0, 10.0, 5.0, 5.0)
ANCHORS = anchor_boxes(Spec(head=SSDLite(), size=(320, 320)))


def boxes_of(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


def matched(boxes: np.ndarray, ignored: list[bool] | None = None) -> Targets:
    classes = np.arange(len(boxes), dtype=np.int64)
    flags = np.array(ignored or [False] * len(boxes), bool)
    return match(boxes, classes, flags, ANCHORS, positive_iou=0.5, scales=SCALES)


def test_a_picture_without_boxes_is_all_background() -> None:
    targets = matched(boxes_of())
    assert (targets.classes == BACKGROUND).all()
    assert not targets.offsets.any()


def test_an_anchor_finds_the_box_it_overlaps_by_half() -> None:
    box = boxes_of((0.2, 0.2, 0.6, 0.6))
    targets = matched(box)
    overlaps = pairwise_iou(box, ANCHORS)[0]
    assert ((targets.classes == 1) == (overlaps >= 0.5)).all()
    assert (overlaps >= 0.5).sum() > 3


def test_a_box_too_small_for_every_anchor_still_gets_one() -> None:
    targets = matched(boxes_of((0.5, 0.5, 0.505, 0.505)))
    assert (targets.classes == 1).sum() == 1


def test_two_boxes_on_one_anchor_get_one_each() -> None:
    targets = matched(boxes_of((0.5, 0.5, 0.505, 0.505), (0.501, 0.5, 0.506, 0.505)))
    assert set(targets.classes.tolist()) == {BACKGROUND, 1, 2}


def test_anchors_on_ignored_boxes_are_undecided_unless_something_else_is_there() -> None:
    targets = matched(boxes_of((0.2, 0.2, 0.6, 0.6)), [True])
    assert UNDECIDED in targets.classes
    assert not (targets.classes > 0).any()
    both = matched(boxes_of((0.2, 0.2, 0.6, 0.6), (0.2, 0.2, 0.6, 0.6)), [True, False])
    assert (both.classes == 2).sum() > 3


corner = st.floats(0, 0.9)
side = st.floats(0.01, 0.5)


@given(st.lists(st.tuples(corner, corner, side, side), min_size=1, max_size=12))
def test_offsets_decode_to_the_box_and_no_box_goes_without(
    drawn: list[tuple[float, float, float, float]],
) -> None:
    boxes = boxes_of(*((x, y, min(1, x + w), min(1, y + h)) for x, y, w, h in drawn))
    targets = matched(boxes)
    found = targets.classes > 0
    decoded = decode_offsets_to_ltrb(targets.offsets[found], ANCHORS[found], SCALES)
    np.testing.assert_allclose(decoded, boxes[targets.classes[found] - 1], atol=1e-4)
    assert set(targets.classes[found] - 1) == set(range(len(boxes)))
