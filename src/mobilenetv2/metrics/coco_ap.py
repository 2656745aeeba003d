"""Average precision and recall of detections as COCO defines them, to the last digit."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.metrics.coco_boxes import MOST_DETECTIONS, Bools, Doubles
from mobilenetv2.metrics.coco_match import LIMITS, OVERLAPS, ClassMatches, match_detections
from mobilenetv2.tasks.detected import Detected

RECALLS = np.linspace(0.0, 1.0, 101)
"""Where the precision is read off."""

ABSENT = -1.0
"""Stands for the figures of a class that is not there; such classes are left out of means."""

_ALL, _SMALL, _MEDIUM, _LARGE = range(len(LIMITS))


@dataclass(frozen=True, slots=True)
class ClassAP:
    """The figures of one class; None where the data set has no box of it."""

    ap: float | None
    """Averaged over overlaps from 0.5 to 0.95."""
    ap50: float | None
    """At an overlap of 0.5."""
    boxes: int
    """How many were to be found; crowds are not counted."""


@dataclass(frozen=True, slots=True)
class CocoAP:
    """COCO's twelve figures, 0..1 each, and two for each class.

    None where there is nothing to find: a mean over no class at all.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_small: float | None
    ap_medium: float | None
    ap_large: float | None
    ar_1: float | None
    ar_10: float | None
    ar_100: float | None
    ar_small: float | None
    ar_medium: float | None
    ar_large: float | None
    per_class: tuple[ClassAP, ...]

    def to_json(self) -> dict[str, float | None]:
        """The twelve figures by name."""
        names = [field.name for field in fields(self) if field.name != "per_class"]
        return {name: getattr(self, name) for name in names}


def coco_ap(pictures: Sequence[BoxedPicture], detected: Sequence[Detected], classes: int) -> CocoAP:
    """Judge detections as pycocotools does.

    Sizes go by the truth's `areas`: small is up to 32 x 32 pixels, large from 96 x 96.
    Ignored boxes are crowds: whatever lies on them counts neither for nor against. The best
    100 detections of a class in a picture count. Of equal scores the earlier picture goes
    first, and in a picture the earlier detection.

    Args:
        pictures: the truth.
        detected: one a picture, in the same order, with the classes of the truth.
        classes: how many there are.

    Raises:
        ValueError: another number of pictures than of results, or scores that are not finite.
    """
    return average_precision(match_detections(pictures, detected, classes))


def average_precision(matches: Sequence[ClassMatches]) -> CocoAP:
    """The figures of detections that are matched already, one item a class."""
    # Overlaps first, classes last: the order in which pycocotools adds up decides the last digit.
    precision = np.full((len(LIMITS), len(OVERLAPS), len(RECALLS), len(matches)), ABSENT)
    recall = np.full((len(LIMITS), len(OVERLAPS), len(matches)), ABSENT)
    recall_of_few = {most: np.full((len(OVERLAPS), len(matches)), ABSENT) for most in (1, 10)}
    for index, one in enumerate(matches):
        for size, wanted in enumerate(one.truth.sum(1)):
            if wanted:
                precision[size, :, :, index] = _precision(one, size, wanted)
                recall[size, :, index] = _recall(one, size, wanted, MOST_DETECTIONS)
        if wanted := one.truth[_ALL].sum():
            for most, values in recall_of_few.items():
                values[:, index] = _recall(one, _ALL, wanted, most)
    return CocoAP(
        ap=_mean(precision[_ALL]),
        ap50=_mean(precision[_ALL, OVERLAPS == 0.5]),
        ap75=_mean(precision[_ALL, OVERLAPS == 0.75]),
        ap_small=_mean(precision[_SMALL]),
        ap_medium=_mean(precision[_MEDIUM]),
        ap_large=_mean(precision[_LARGE]),
        ar_1=_mean(recall_of_few[1]),
        ar_10=_mean(recall_of_few[10]),
        ar_100=_mean(recall[_ALL]),
        ar_small=_mean(recall[_SMALL]),
        ar_medium=_mean(recall[_MEDIUM]),
        ar_large=_mean(recall[_LARGE]),
        per_class=tuple(
            ClassAP(
                _mean(precision[_ALL, ..., index]),
                _mean(precision[_ALL, OVERLAPS == 0.5, :, index]),
                int(one.truth[_ALL].sum()),
            )
            for index, one in enumerate(matches)
        ),
    )


def interpolated_precision(right: Doubles, wrong: Doubles, wanted: float) -> Doubles:
    """The best precision at or beyond each of `RECALLS`; 0 where that recall is never reached.

    Args:
        right: [detections] how many are right up to and including each, the best score first.
        wrong: [detections] likewise.
        wanted: how many there are to be found, above 0.
    """
    precision = right / (wrong + right + np.spacing(1))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    reached = np.searchsorted(right / wanted, RECALLS)
    result = np.zeros(len(RECALLS))
    result[reached < len(right)] = envelope[reached[reached < len(right)]]
    return result


def _precision(one: ClassMatches, size: int, wanted: int) -> Doubles:
    """[overlaps, recalls]."""
    right, wrong = _counts(one.right[size]), _counts(one.wrong[size])
    return np.stack(
        [interpolated_precision(*pair, wanted) for pair in zip(right, wrong, strict=True)]
    )


def _recall(one: ClassMatches, size: int, wanted: int, most: int) -> Doubles:
    """[overlaps]: the share found when every picture is allowed its `most` best detections."""
    shares: Doubles = one.right[size][:, one.ranks < most].sum(1) / wanted
    return shares


def _counts(flags: Bools) -> Doubles:
    return np.cumsum(flags, axis=-1).astype(np.float64)


def _mean(values: Doubles) -> float | None:
    present = values[values > ABSENT]
    return float(present.mean()) if present.size else None
