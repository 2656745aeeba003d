"""What a detector's figures are made of: its errors by kind, and what it took for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.metrics.class_figures import ClassFigures, mistaken
from mobilenetv2.metrics.coco_boxes import Ints
from mobilenetv2.metrics.coco_match import LIMITS, ClassMatches, match_detections
from mobilenetv2.metrics.detection_errors import (
    ERROR_MEANINGS,
    ErrorKind,
    ExplainedErrors,
    explain_errors,
)
from mobilenetv2.metrics.detection_table import (
    PrecisionCurve,
    confusion_with_background,
    figures_at,
    precision_curves,
)
from mobilenetv2.metrics.error_costs import error_costs
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DETECTION_THRESHOLD

SIZES = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class DetectionDetails:
    """Errors as `predict` would show them, and what they cost over all thresholds."""

    threshold: float
    """The score above which detections are counted here: what `predict` shows."""
    explained: ExplainedErrors = field(repr=False)
    """The errors above it."""
    costs: Mapping[ErrorKind, float]
    """Points of AP50, 0..1, that mending a kind would bring; of all detections, as TIDE has it."""
    confusion: Ints = field(repr=False)
    """[classes + 1, classes + 1]: objects (true, detected as); the last of each is background."""
    figures: tuple[ClassFigures, ...]
    """Of each class above the threshold, at an overlap of 0.5."""
    curves: tuple[PrecisionCurve, ...] = field(repr=False)
    """Of each class, over all thresholds."""
    boxes_by_size: tuple[int, int, int]
    """To be found: up to 32 x 32 pixels, medium, from 96 x 96."""

    def to_json(self, labels: Sequence[str]) -> dict[str, object]:
        """Names are explained in docs/evaluation.md; background is null."""
        names = [*labels, None]
        return {
            "threshold": self.threshold,
            "errors": [
                {"kind": kind, "meaning": ERROR_MEANINGS[kind], "count": count,
                 "cost": self.costs[kind]}
                for kind, count in self.explained.counts().items()
            ],
            "at_threshold": [
                {"label": label, **one.to_json(), "best_f1": curve.best_f1,
                 "best_threshold": curve.best_threshold}
                for label, one, curve in zip(labels, self.figures, self.curves, strict=True)
            ],
            "confusions": [
                {"label": names[one.true], "detected_as": names[one.answered], "count": one.count}
                for one in mistaken(self.confusion)
            ],
            "boxes_by_size": dict(zip(SIZES, self.boxes_by_size, strict=True)),
        }  # fmt: skip


def detection_details(
    pictures: Sequence[BoxedPicture],
    detected: Sequence[Detected],
    classes: int,
    threshold: float = DETECTION_THRESHOLD,
) -> DetectionDetails:
    """Look closer at what `judge_detections` was given, with the shared classes' indices."""
    matches = match_detections(pictures, detected, classes)
    shown = explain_errors(pictures, [_above(one, threshold) for one in detected], classes)
    return DetectionDetails(
        threshold=threshold,
        explained=shown,
        costs=error_costs(explain_errors(pictures, detected, classes), classes),
        confusion=confusion_with_background(shown, classes),
        figures=figures_at(matches, threshold),
        curves=precision_curves(matches),
        boxes_by_size=_by_size(matches),
    )


def _above(detected: Detected, threshold: float) -> Detected:
    kept = detected.scores > threshold
    return Detected(detected.boxes[kept], detected.scores[kept], detected.classes[kept])


def _by_size(matches: Sequence[ClassMatches]) -> tuple[int, int, int]:
    counts = sum((one.truth.sum(1) for one in matches), np.zeros(len(LIMITS), np.int64))
    return int(counts[1]), int(counts[2]), int(counts[3])
