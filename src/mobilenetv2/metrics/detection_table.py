"""What a detector took for what, background included, and how that changes with the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mobilenetv2.metrics.class_figures import ClassFigures
from mobilenetv2.metrics.coco_ap import interpolated_precision
from mobilenetv2.metrics.coco_boxes import Doubles, Ints
from mobilenetv2.metrics.coco_match import ClassMatches
from mobilenetv2.metrics.detection_errors import KINDS, ExplainedErrors

_WRONG_CLASS = KINDS.index("wrong class")


@dataclass(frozen=True, slots=True)
class PrecisionCurve:
    """Precision over recall of one class at an overlap of 0.5; of one without a box, all 0."""

    precision: Doubles
    """[101]: the best at or beyond recalls 0, 0.01 ... 1."""
    best_f1: float
    """The highest F1 of any threshold."""
    best_threshold: float
    """The score from which on detections are to be kept for it."""


def confusion_with_background(explained: ExplainedErrors, classes: int) -> Ints:
    """[classes + 1, classes + 1]: objects (true, detected as); the last of each is background.

    An object counts once: as found, else as taken for the class of the best detection that lies on
    it by half, else as background. Detections of no object are background taken for their class.
    """
    counts = np.zeros((classes + 1, classes + 1), np.int64)
    found, objects = explained.detections, explained.objects
    mended = explained.mended(_WRONG_CLASS)
    through = mended >= 0
    right = found.classes[found.right]
    np.add.at(counts, (right, right), 1)
    np.add.at(counts, (objects.classes[mended[through]], found.classes[through]), 1)
    np.add.at(counts[classes], found.classes[~(found.right | through)], 1)
    seen = explained.found.copy()
    seen[mended[through]] = True
    np.add.at(counts[:, classes], objects.classes[~seen], 1)
    return counts


def precision_curves(matches: Sequence[ClassMatches]) -> tuple[PrecisionCurve, ...]:
    """One a class."""
    return tuple(_curve(one) for one in matches)


def figures_at(matches: Sequence[ClassMatches], threshold: float) -> tuple[ClassFigures, ...]:
    """Precision, recall and F1 of each class above a score, at an overlap of 0.5."""
    result = []
    for one in matches:
        above = one.scores > threshold
        right, wrong = one.right[0, 0, above], one.wrong[0, 0, above]
        counts = int(one.truth[0].sum()), int((right | wrong).sum()), int(right.sum())
        result.append(ClassFigures(*counts))
    return tuple(result)


def _curve(one: ClassMatches) -> PrecisionCurve:
    wanted = int(one.truth[0].sum())
    counted = one.right[0, 0] | one.wrong[0, 0]
    hits = np.cumsum(one.right[0, 0, counted]).astype(np.float64)
    misses = np.cumsum(one.wrong[0, 0, counted]).astype(np.float64)
    if not wanted or not len(hits):
        return PrecisionCurve(np.zeros(101), 0.0, 0.0)
    f1 = 2 * hits / (wanted + hits + misses)
    best = int(f1.argmax())
    precision = interpolated_precision(hits, misses, wanted)
    return PrecisionCurve(precision, float(f1[best]), float(one.scores[counted][best]))
