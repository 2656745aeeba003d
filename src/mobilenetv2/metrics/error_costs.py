"""What each kind of a detector's errors costs: how much AP50 would rise without it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mobilenetv2.metrics.coco_ap import interpolated_precision
from mobilenetv2.metrics.coco_boxes import Bools, Ints
from mobilenetv2.metrics.detection_errors import KINDS, ErrorKind, ExplainedErrors

_MISSED = KINDS.index("missed")


@dataclass(frozen=True, slots=True)
class _Answers:
    """Detections as they would be were a kind mended."""

    kept: Bools
    """[detections]."""
    right: Bools
    """[detections]."""
    classes: Ints
    """[detections]."""
    wanted: Ints
    """[classes]: objects to be found."""


def error_costs(explained: ExplainedErrors, classes: int) -> Mapping[ErrorKind, float]:
    """Points of AP50, 0..1, that mending each kind alone would bring.

    As TIDE mends them (section 2.3 of its paper): a detection of the wrong class gets the object's
    class, one that is badly placed the object's place, all but the best of those on one object are
    taken away, and so are detections of every other kind; missed objects need not be found. The
    parts do not add up to what is lacking: mending two kinds is worth more or less than each alone.
    """
    found = explained.detections
    wanted = np.bincount(explained.objects.classes, minlength=classes)
    every = np.ones(len(found.scores), np.bool_)
    before = _ap50(explained, _Answers(every, found.right, found.classes, wanted))
    costs: dict[ErrorKind, float] = {}
    for place, kind in enumerate(KINDS):
        mended = explained.mended(place)
        through = mended >= 0
        # No detection is of the kind "missed": nothing is taken away for it.
        kept = through | (explained.kinds != place)
        to = explained.objects.classes[mended] if len(explained.objects.classes) else found.classes
        missed = explained.objects.classes[explained.missed & (place == _MISSED)]
        answers = _Answers(
            kept,
            found.right | through,
            np.where(through, to, found.classes),
            wanted - np.bincount(missed, minlength=classes),
        )
        # Precision is read at 101 recalls: below nothing is between two of them.
        costs[kind] = max(0.0, _ap50(explained, answers) - before)
    return costs


def _ap50(explained: ExplainedErrors, answers: _Answers) -> float:
    order = np.argsort(-explained.detections.scores, kind="stable")
    order = order[answers.kept[order]]
    figures = []
    for index in np.flatnonzero(answers.wanted):
        right = answers.right[order[answers.classes[order] == index]]
        hits = np.cumsum(right).astype(np.float64)
        misses = np.cumsum(~right).astype(np.float64)
        figures.append(interpolated_precision(hits, misses, float(answers.wanted[index])).mean())
    return float(np.mean(figures)) if figures else 0.0
