"""Two models judged on the same pictures: the difference, and how sure it is."""

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np

from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.classification_report import ClassificationReport
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.evaluate.multi_label_report import MultiLabelReport
from mobilenetv2.evaluate.segmentation_report import SegmentationReport
from mobilenetv2.metrics.bootstrap import (
    Interval,
    ap50_difference_interval,
    mean_difference_interval,
    mean_iou_difference_interval,
)
from mobilenetv2.metrics.coco_match import match_detections
from mobilenetv2.metrics.label_figures import map_difference_interval

Report = ClassificationReport | MultiLabelReport | DetectionReport | SegmentationReport


Figure = Literal["top1", "map", "ap50", "mean_iou"]
"""What models of a task are compared by, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One figure of two models on the same pictures."""

    figure: Figure
    first: float
    second: float
    interval: Interval
    """95 % of the difference, by drawing the same pictures for both."""

    @property
    def title(self) -> str:
        """The figure as people write it."""
        titles = {"top1": "top-1", "map": "mAP", "ap50": "AP50", "mean_iou": "mean IoU"}
        return titles[self.figure]

    @property
    def difference(self) -> float:
        """The first less the second, -1..1."""
        return self.first - self.second

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves zero out."""
        return not self.interval[0] <= 0 <= self.interval[1]

    def to_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "figure": self.figure,
            "value": self.first,
            "other": self.second,
            "difference": self.difference,
            "interval": list(self.interval),
            "beyond_chance": self.beyond_chance,
        }


def headline(report: Report) -> tuple[Figure, float]:
    """(name, figure in 0..1) that models are compared by; 0 where there was nothing to find."""
    match report:
        case ClassificationReport():
            return "top1", report.top1.value
        case MultiLabelReport():
            return "map", report.mean_average_precision
        case DetectionReport():
            return "ap50", report.coco.ap50 or 0.0
        case SegmentationReport():
            return "mean_iou", report.agreement.mean_iou or 0.0
        case _:
            assert_never(report)


def compare_reports(first: Report, second: Report) -> Paired:
    """The difference of two models' headline figures.

    Raises:
        DatasetError: they were not judged on the same pictures, or not by the same classes.
        TypeError: they are of two tasks.
    """
    interval = _interval(first, second)
    name, value = headline(first)
    return Paired(name, value, headline(second)[1], interval)


def _interval(first: Report, second: Report) -> Interval:
    difference = headline(first)[1] - headline(second)[1]
    match first, second:
        case ClassificationReport(), ClassificationReport():
            paths = [one.path for one in first.pictures]
            _require_same(paths == [one.path for one in second.pictures], "pictures")
            each = np.subtract(first.right, second.right, dtype=np.float64)
            return mean_difference_interval(each)
        case MultiLabelReport(), MultiLabelReport():
            _require_same(first.paths == second.paths, "pictures")
            _require_same(first.labels == second.labels, "labels")
            return map_difference_interval(difference, first.scores, second.scores, first.has)
        case DetectionReport(), DetectionReport():
            _require_same(first.image_ids == second.image_ids, "pictures")
            _require_same(first.shared.labels == second.shared.labels, "classes")
            ours, theirs = (
                match_detections(one.pictures, one.detected, len(one.shared.labels))
                for one in (first, second)
            )
            return ap50_difference_interval(difference, ours, theirs, len(first.pictures))
        case SegmentationReport(), SegmentationReport():
            _require_same(first.pictures == second.pictures, "pictures")
            _require_same(first.labels == second.labels, "classes")
            pixels = (first.class_pixels, second.class_pixels)
            return mean_iou_difference_interval(difference, *pixels)
        case _:
            raise TypeError("two reports of one task are compared")


def _require_same(same: bool, what: str) -> None:
    if not same:
        raise DatasetError(
            f"two models are compared on the same {what}; theirs differ. Judge each for itself, or "
            "give the one the other's labels with `mobilenetv2 convert --labels`"
        )
