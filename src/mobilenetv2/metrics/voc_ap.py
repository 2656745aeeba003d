"""Average precision of detections as the Pascal VOC challenges defined it.

Everingham et al., "The Pascal Visual Object Classes (VOC) Challenge", IJCV 2010, section 4.2.
Unlike COCO, a detection stands or falls with the one box that it overlaps most, taken or not.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.metrics.coco_boxes import (
    Bools,
    ClassDetections,
    ClassTruth,
    Doubles,
    Ints,
    detections_by_class,
    overlaps,
    truth_by_class,
)
from mobilenetv2.tasks.detected import Detected

OVERLAP = 0.5
"""The intersection over union from which on a box counts as found."""

ELEVEN = np.arange(11) / 10
"""The recalls at which VOC 2007 reads the precision."""


@dataclass(frozen=True, slots=True)
class VocAP:
    """Mean over the classes present, 0..1 each; None where no class is."""

    ap50: float | None
    """The area below the precision envelope: VOC 2010 and later."""
    ap50_eleven: float | None
    """The mean of eleven precisions: VOC 2007."""
    per_class: tuple[float | None, ...]
    """`ap50` of each class; None without a box of it."""


def voc_ap(pictures: Sequence[BoxedPicture], detected: Sequence[Detected], classes: int) -> VocAP:
    """Judge detections at an overlap of 0.5.

    Ignored boxes are VOC's difficult ones: neither to be found nor wrong to find. Edges are
    continuous numbers, so no pixel is added to a side as the development kit does.

    Args:
        pictures: the truth.
        detected: one a picture, in the same order, with the classes of the truth.
        classes: how many there are.

    Raises:
        ValueError: another number of pictures than of results, or scores that are not finite.
    """
    if len(pictures) != len(detected):
        raise ValueError(f"{len(pictures)} pictures need as many results, got {len(detected)}")
    truths = truth_by_class(pictures, classes)
    founds = detections_by_class(detected, classes, most=sys.maxsize)
    areas: list[float | None] = []
    elevens: list[float | None] = []
    for truth, found in zip(truths, founds, strict=True):
        wanted = int((~truth.ignored).sum())
        right, wrong = _match(truth, found)
        areas.append(_area(right, wrong, wanted) if wanted else None)
        elevens.append(_eleven(right, wrong, wanted) if wanted else None)
    return VocAP(_mean(areas), _mean(elevens), tuple(areas))


def _match(truth: ClassTruth, found: ClassDetections) -> tuple[Bools, Bools]:
    """Which detections are right and which wrong, each [detections], the highest score first."""
    target, share = _most_overlapped(truth, found)
    order = np.argsort(-found.scores, kind="stable")
    target, near = target[order], share[order] >= OVERLAP
    first = np.zeros(len(order), np.bool_)
    candidates = np.flatnonzero(near)
    first[candidates[np.unique(target[near], return_index=True)[1]]] = True
    # -1 where a picture has no such box at all; `near` is False there.
    difficult = near & np.append(truth.ignored, False)[target]
    return first & ~difficult, ~(first | difficult)


def _most_overlapped(truth: ClassTruth, found: ClassDetections) -> tuple[Ints, Doubles]:
    """For each detection the box that it overlaps most, -1 for none, and by how much."""
    target = np.full(len(found.scores), -1, np.int64)
    share = np.zeros(len(found.scores))
    for position in np.intersect1d(truth.pictures, found.pictures):
        here = slice(*np.searchsorted(truth.pictures, (position, position + 1)))
        there = slice(*np.searchsorted(found.pictures, (position, position + 1)))
        no_crowd = np.zeros(here.stop - here.start, np.bool_)
        shares = overlaps(found.xywh[there], truth.xywh[here], no_crowd)
        target[there] = here.start + shares.argmax(1)
        share[there] = shares.max(1)
    return target, share


def _curve(right: Bools, wrong: Bools, wanted: int) -> tuple[Doubles, Doubles]:
    """Recall and precision after each detection that counts."""
    counts = right | wrong
    recall = np.cumsum(right[counts]) / wanted
    precision = np.cumsum(right[counts]) / np.arange(1, counts.sum() + 1)
    return recall, precision


def _area(right: Bools, wrong: Bools, wanted: int) -> float:
    recall, precision = _curve(right, wrong, wanted)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * envelope).sum())


def _eleven(right: Bools, wrong: Bools, wanted: int) -> float:
    recall, precision = _curve(right, wrong, wanted)
    return float(np.mean([precision[recall >= level].max(initial=0) for level in ELEVEN]))


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None
