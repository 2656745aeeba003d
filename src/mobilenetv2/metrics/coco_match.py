"""Which detections are right: COCO's greedy matching, for every overlap and size range at once."""

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

OVERLAPS = np.linspace(0.5, 0.95, 10)
"""The thresholds of intersection over union that a detection can be right at."""

LIMITS = np.array([(0, 1e10), (0, 32**2), (32**2, 96**2), (96**2, 1e10)], np.float64)
"""Square pixels of all, small, medium and large boxes; both ends belong to the range."""


@dataclass(frozen=True, slots=True)
class ClassMatches:
    """What became of the detections of one class, the highest score first."""

    scores: Doubles
    """[detections], descending; ties in the order of pictures."""
    pictures: Ints
    """[detections]: positions in the data set."""
    ranks: Ints
    """[detections]: 0 for the best of its picture."""
    right: Bools
    """[size ranges, overlaps, detections]."""
    wrong: Bools
    """Likewise. Neither right nor wrong: on a crowd, or of another size."""
    truth: Bools
    """[size ranges, boxes]: the annotated boxes that are to be found."""
    truth_pictures: Ints
    """[boxes]: positions in the data set."""


def match_detections(
    pictures: Sequence[BoxedPicture], detected: Sequence[Detected], classes: int
) -> tuple[ClassMatches, ...]:
    """Match what was found with what is there, one result a class.

    Args:
        pictures: the truth; ignored boxes count as COCO's crowds.
        detected: one a picture, in the same order, with the classes of the truth.
        classes: how many there are; boxes of classes beyond are left out.

    Raises:
        ValueError: another number of pictures than of results, or scores that are not finite.
    """
    if len(pictures) != len(detected):
        raise ValueError(f"{len(pictures)} pictures need as many results, got {len(detected)}")
    truths = truth_by_class(pictures, classes)
    founds = detections_by_class(detected, classes)
    return tuple(_match_class(*pair) for pair in zip(truths, founds, strict=True))


def _match_class(truth: ClassTruth, found: ClassDetections) -> ClassMatches:
    outside = (truth.areas < LIMITS[:, :1]) | (truth.areas > LIMITS[:, 1:])
    wanted = ~(truth.ignored | outside)
    shape = (len(LIMITS), len(OVERLAPS), len(found.scores))
    hit, excused = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for position in np.intersect1d(truth.pictures, found.pictures):
        here = slice(*np.searchsorted(truth.pictures, (position, position + 1)))
        there = slice(*np.searchsorted(found.pictures, (position, position + 1)))
        crowd = truth.ignored[here]
        shares = overlaps(found.xywh[there], truth.xywh[here], crowd)
        _match_picture(shares, wanted[:, here], crowd, hit[..., there], excused[..., there])
    areas = found.xywh[:, 2] * found.xywh[:, 3]
    other_size = (areas < LIMITS[:, :1]) | (areas > LIMITS[:, 1:])
    excused |= ~hit & other_size[:, None]
    order = np.argsort(-found.scores, kind="stable")
    return ClassMatches(
        found.scores[order],
        found.pictures[order],
        found.ranks[order],
        (hit & ~excused)[..., order],
        (~hit & ~excused)[..., order],
        wanted,
        truth.pictures,
    )


def _match_picture(
    shares: Doubles, wanted: Bools, crowd: Bools, hit: Bools, excused: Bools
) -> None:
    """Give every detection, best first, the free box that it overlaps most; writes the last two.

    A box that is wanted is preferred to one that is not, whatever the overlaps; of equal
    overlaps the last box is taken; a crowd is never used up.

    Args:
        shares: [detections, boxes] intersection over union.
        wanted: [size ranges, boxes].
        crowd: [boxes].
        hit: [size ranges, overlaps, detections]; set where a box was found.
        excused: likewise; set where that box is not wanted.
    """
    free = np.ones((*hit.shape[:2], len(crowd)), np.bool_)
    ranges, levels = np.indices(hit.shape[:2])
    for index in np.flatnonzero((shares >= OVERLAPS[0]).any(1)):
        near = np.flatnonzero(shares[index] >= OVERLAPS[0])
        share = shares[index, near]
        fits = free[..., near] & (share >= OVERLAPS[:, None])
        better = fits & wanted[:, None, near]
        on_wanted = better.any(-1)
        choice = np.where(on_wanted[..., None], better, fits)
        values = np.where(choice, share, -1.0)
        best = near[len(near) - 1 - values[..., ::-1].argmax(-1)]
        hit[..., index] = choice.any(-1)
        excused[..., index] = hit[..., index] & ~on_wanted
        free[ranges, levels, best] &= ~hit[..., index] | crowd[best]
