"""Boxes as COCO's own tool sees them: (x, y, width, height) in float64, one class at a time.

Equal figures need equal rounding, so every step here is done in that tool's order.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.tasks.detected import Detected

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

T = TypeVar("T", bound=np.generic)

MOST_DETECTIONS = 100
"""Of one class in one picture; the rest, by score, is not looked at."""


@dataclass(frozen=True, slots=True)
class ClassTruth:
    """The boxes of one class, picture by picture."""

    pictures: Ints
    """[boxes]: positions in the data set, ascending."""
    xywh: Doubles
    """[boxes, 4]."""
    ignored: Bools
    """[boxes]: crowds."""
    areas: Doubles
    """[boxes]: as annotated."""
    places: Ints
    """[boxes]: 0 for the first box of its picture, as they were given."""


@dataclass(frozen=True, slots=True)
class ClassDetections:
    """What was found of one class: picture by picture, in each the highest score first."""

    pictures: Ints
    """[boxes]: positions in the data set, ascending."""
    xywh: Doubles
    """[boxes, 4]."""
    scores: Doubles
    """[boxes]; of equal ones the first stays first."""
    ranks: Ints
    """[boxes]: 0 for the highest score of its picture and class."""
    places: Ints
    """[boxes]: 0 for the first of its picture, as they were given."""


def ltrb_to_xywh(boxes: npt.NDArray[np.float32]) -> Doubles:
    """[n, 4] float64 (left, top, width, height) from float32 (left, top, right, bottom)."""
    doubles = boxes.astype(np.float64)
    doubles[:, 2:] -= doubles[:, :2]
    return doubles


def truth_by_class(pictures: Sequence[BoxedPicture], classes: int) -> list[ClassTruth]:
    """The annotated boxes of each class, 0 to `classes` - 1."""
    counts = [len(picture.boxes) for picture in pictures]
    where, places = _positions(counts), _places(counts)
    xywh = ltrb_to_xywh(_joined([picture.boxes for picture in pictures], np.float32, (4,)))
    ignored = _joined([picture.ignored for picture in pictures], np.bool_)
    areas = _joined([picture.areas for picture in pictures], np.float64)
    of = _joined([picture.classes for picture in pictures], np.int64)
    order = np.argsort(of, kind="stable")
    return [
        ClassTruth(where[one], xywh[one], ignored[one], areas[one], places[one])
        for one in _split(order, of, classes)
    ]


def detections_by_class(
    detected: Sequence[Detected], classes: int, most: int = MOST_DETECTIONS
) -> list[ClassDetections]:
    """The found boxes of each class, 0 to `classes` - 1, the best `most` a picture.

    Raises:
        ValueError: a score or a box is not finite, so that no order or overlap exists.
    """
    counts = [len(one) for one in detected]
    where, places = _positions(counts), _places(counts)
    boxes = _joined([one.boxes for one in detected], np.float32, (4,))
    scores = _joined([one.scores for one in detected], np.float64)
    of = _joined([one.classes for one in detected], np.int64)
    bad = ~(np.isfinite(scores) & np.isfinite(boxes).all(1))
    if bad.any():
        raise ValueError(
            f"scores and boxes must be finite, got {scores[bad][0]} for {boxes[bad][0].tolist()}"
        )
    order = np.lexsort((-scores, where, of))
    ranks = _ranks(of[order], where[order])
    order, ranks = order[ranks < most], ranks[ranks < most]
    rank_of = np.empty(len(of), np.int64)
    rank_of[order] = ranks
    xywh = ltrb_to_xywh(boxes)
    return [
        ClassDetections(where[one], xywh[one], scores[one], rank_of[one], places[one])
        for one in _split(order, of, classes)
    ]


def overlaps(found: Doubles, truth: Doubles, crowd: Bools) -> Doubles:
    """Intersection over union, [found, truth]; over the found box alone where truth is a crowd.

    Args:
        found: [n, 4] (x, y, width, height).
        truth: [m, 4], likewise.
        crowd: [m]; a box inside a crowd is one of it, however small.
    """
    low = np.maximum(found[:, None, :2], truth[None, :, :2])
    high = np.minimum(
        (found[:, 2:] + found[:, :2])[:, None], (truth[:, 2:] + truth[:, :2])[None, :]
    )
    width, height = np.moveaxis(high - low, -1, 0)
    meet = (width > 0) & (height > 0)
    common = width * height
    found_areas = (found[:, 2] * found[:, 3])[:, None]
    union = np.where(crowd, found_areas, found_areas + truth[:, 2] * truth[:, 3] - common)
    result: Doubles = np.divide(common, union, out=np.zeros_like(common), where=meet)
    return result


def _positions(counts: Sequence[int]) -> Ints:
    """0 repeated counts[0] times, then 1 ...: which picture each row of a joined array is of."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def _places(counts: Sequence[int]) -> Ints:
    """0 to counts[0] - 1, then 0 to counts[1] - 1 ...: where each row stood in its own array."""
    return np.concatenate([np.zeros(0, np.int64), *map(np.arange, counts)]).astype(np.int64)


def _joined(
    arrays: Sequence[npt.NDArray[Any]], dtype: type[T], row: tuple[int, ...] = ()
) -> npt.NDArray[T]:
    return np.concatenate([np.empty((0, *row), dtype), *arrays]).astype(dtype, copy=False)


def _split(order: Ints, of: Ints, classes: int) -> list[Ints]:
    """`order`, sorted by class, in a piece for each class; classes beyond are left out."""
    edges = np.searchsorted(of[order], np.arange(classes + 1))
    return [order[low:high] for low, high in itertools.pairwise(edges)]


def _ranks(of: Ints, where: Ints) -> Ints:
    """0, 1, 2 ... within every run of the same class and picture."""
    count = np.arange(len(of))
    begins = np.ones(len(of), np.bool_)
    begins[1:] = (of[1:] != of[:-1]) | (where[1:] != where[:-1])
    starts = np.where(begins, count, 0)
    ranks: Ints = count - np.maximum.accumulate(starts)
    return ranks
