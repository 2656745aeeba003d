"""Answers are compared as a user sees them: by label, by box, by pixel."""

import numpy as np
import pytest

from mobilenetv2.parity.answers import AnswerComparison, Answers
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Detections, Prediction, Segmentation


def compared(kind, ours, theirs, options=DEFAULTS) -> Answers:
    comparison = AnswerComparison(kind, options)
    comparison.add(ours, theirs)
    return comparison.result()


def named(*scores: tuple[str, float]) -> Prediction:
    return Prediction(tuple(Classification(label, 0, score) for label, score in scores))


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (named(("cat", 0.6), ("dog", 0.4)), 1),
        (named(("dog", 0.6), ("cat", 0.4)), 0),
        (named(("class 0", 0.6), ("class 1", 0.4)), 0),
    ],
)
def test_labels_are_compared_by_name(theirs, same):
    ours = named(("cat", 0.6), ("dog", 0.4))
    assert compared("labels", ours, theirs) == Answers("labels", same, 1)


def test_a_label_that_was_nearly_ours_counts_as_ours():
    ours = named(("cat", 0.505), ("dog", 0.495))
    assert compared("labels", ours, named(("dog", 0.51), ("cat", 0.49))).share == 1


BOX = Detection("cat", 0, 0.8, (10, 10, 50, 50))


@pytest.mark.parametrize(
    ("other", "same", "count"),
    [
        (Detection("cat", 0, 0.81, (10, 10, 50, 51)), 1, 1),
        (Detection("class 0", 0, 0.8, (10, 10, 50, 50)), 0, 2),
        (Detection("cat", 0, 0.8, (30, 10, 70, 50)), 0, 2),
        (Detection("cat", 0, 0.7, (10, 10, 50, 50)), 0, 2),
    ],
    ids=["same", "label", "place", "score"],
)
def test_boxes_want_place_label_and_score(other, same, count):
    found = compared("boxes", Detections((BOX,)), Detections((other,)))
    assert found == Answers("boxes", same, count)


def test_boxes_too_many_count_against_a_file():
    wrong = tuple(Detection("cat", 0, 0.5, (left, 0, left + 5, 5)) for left in range(9))
    found = compared("boxes", Detections((BOX,)), Detections((BOX, *wrong)))
    assert found == Answers("boxes", 1, 10)


def test_a_box_near_the_threshold_or_near_the_last_that_fits_may_be_missing():
    low = Detection("cat", 0, 0.31, (0, 0, 5, 5))
    assert compared("boxes", Detections((BOX, low)), Detections((BOX,))).share == 1
    last, next_to_last = (Detection("cat", 0, score, (0, 0, 5, 5)) for score in (0.6, 0.615))
    full = Options(max_detections=2)
    ours, theirs = Detections((BOX, last)), Detections((BOX, next_to_last))
    assert compared("boxes", ours, theirs, full).share == 1
    elsewhere = Detections((BOX, Detection("cat", 0, 0.61, (60, 60, 90, 90))))
    assert compared("boxes", ours, elsewhere, full) == Answers("boxes", 1, 1)


def test_nothing_found_is_the_same_answer():
    assert compared("boxes", Detections(()), Detections(())).share == 1


def test_pixels_are_compared_by_name():
    ids = np.array([[0, 1], [1, 255]], np.uint8)
    ours = Segmentation(ids, ("background", "cat"))
    assert compared("pixels", ours, Segmentation(ids, ("background", "cat"))).share == 1
    assert compared("pixels", ours, Segmentation(ids, ("background", "dog"))).share == 0.5
    swapped = Segmentation(np.array([[1, 0], [0, 255]], np.uint8), ("cat", "background"))
    assert compared("pixels", ours, swapped).share == 1
