"""Two models on the same pictures: the difference, its interval, and what cannot be compared."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.classification_report import (
    ClassificationReport,
    JudgedPicture,
    Proportion,
)
from mobilenetv2.evaluate.compare_reports import compare_reports
from mobilenetv2.evaluate.detection import judge_detections
from mobilenetv2.evaluate.shared_classes import share_classes
from tests.metrics.pictures import boxed, found


def classified(right: list[bool], first: int = 0) -> ClassificationReport:
    pictures = tuple(
        JudgedPicture(Path(f"{first + index}.jpg"), 0, 0 if one else 1, 0.9, 0 if one else 1)
        for index, one in enumerate(right)
    )
    share = Proportion(sum(right), len(right))
    return ClassificationReport("d", "f", share, share, 0.5, 1, (), ("ant", "bee"), pictures)


def test_a_difference_by_hand_and_its_interval():
    # 60 of 100 against 40: the same on half of the pictures, better on 35, worse on 15.
    first = [True] * 25 + [False] * 25 + [True] * 35 + [False] * 15
    second = [True] * 25 + [False] * 25 + [False] * 35 + [True] * 15
    paired = compare_reports(classified(first), classified(second))
    assert (paired.figure, paired.first, paired.second) == ("top1", 0.6, 0.4)
    assert paired.difference == pytest.approx(0.2)
    # A mean of 100 numbers of -1, 0 and 1 with variance 0.5 - 0.2 ** 2.
    half = 1.96 * np.sqrt(0.46 / 100)
    assert paired.interval == pytest.approx((0.2 - half, 0.2 + half), abs=0.03)
    assert paired.beyond_chance


def test_the_same_model_differs_by_nothing():
    paired = compare_reports(classified([True, False]), classified([True, False]))
    assert (paired.difference, paired.interval) == (0, (0, 0))
    assert not paired.beyond_chance


def test_other_pictures_and_other_tasks_are_refused():
    with pytest.raises(DatasetError, match="same pictures"):
        compare_reports(classified([True]), classified([True], first=5))
    data = BoxedPictures("d", "all", ("ant",), (boxed([(0, 0, 50, 50)], [0]),))
    shared = share_classes(("ant",), ("ant",))
    report = judge_detections(data, data.pictures, [found([], [], [])], shared)
    with pytest.raises(TypeError, match="one task"):
        compare_reports(classified([True]), report)


def test_detectors_that_share_other_classes_are_refused():
    truth = boxed([(0, 0, 50, 50), (100, 100, 200, 200)], [0, 1])
    data = BoxedPictures("d", "all", ("ant", "bee"), (truth,))
    answers = [found([(0, 0, 50, 50)], [0.9], [0])]
    both = judge_detections(data, [truth], answers, share_classes(data.labels, ("ant", "bee")))
    one = judge_detections(data, [truth], answers, share_classes(data.labels, ("ant",)))
    with pytest.raises(DatasetError, match="same classes"):
        compare_reports(both, one)
    assert compare_reports(both, both).difference == 0
