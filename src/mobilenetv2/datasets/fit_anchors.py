"""Anchors fitted to a data set: k-means over the shapes of its boxes, where anchors really lie."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.coverage import (
    COVERED_IOU,
    Coverage,
    Floats,
    Grid,
    detector,
    grids,
    input_shares,
    network_boxes,
    paired_iou,
    shape_iou,
    summarize,
)
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.anchors import Anchors, Shape
from mobilenetv2.network.spec import Spec

ROUNDS = 30
"""Of Lloyd's algorithm. On bccd, raccoon and coco128 nothing changes after 15."""

DRAWS = 4
"""Starts drawn from the boxes, of which the best end is taken. On coco128 the cover of six single
draws ends between 53.7 and 58.7 %; on bccd and raccoon all end alike."""

LARGEST_CELLS = 6.0
"""Sides, in cells, of the largest anchor on a map but the coarsest. The released system's are at
5.7 on its first map and at 6.1 on its second (320 x 320 input)."""

SMALLEST_CELLS = 0.5
"""Sides, in cells, of the smallest anchor on any map but the finest. A smaller one would fit the
few boxes that happen to lie in the middle of a cell. The released system's is 0.55."""

SMALLEST_PIXELS = 2.0
"""Sides of the smallest anchor on the finest map, in input pixels."""

NOTABLE_GAIN = 0.05
"""IoU. Below that, moving an idle anchor to a box is no use to it."""


@dataclass(frozen=True, slots=True)
class FittedAnchors:
    """Anchors for a data set, and what they are better at."""

    anchors: Anchors
    before: Coverage
    """Of the spec's own anchors."""
    after: Coverage


@dataclass(frozen=True, slots=True)
class _Problem:
    """The boxes to cover and the maps to cover them with."""

    ltrb: Floats
    sides: Floats
    """[boxes, 2]: (height, width) in shares of the input."""
    grids: tuple[Grid, ...]
    per_map: tuple[int, ...]
    pixel: Floats
    """[2]: a pixel's sides in shares of the input."""

    @property
    def maps(self) -> npt.NDArray[np.int64]:
        """[shapes]: which map each sits on."""
        return np.repeat(np.arange(len(self.per_map)), self.per_map)

    def clipped(self, sides: Floats, index: int) -> Floats:
        """Sides, [..., 2], brought into the range that map `index` may have."""
        grid = self.grids[index]
        cell = np.array([grid.step_y, grid.step_x])
        finest, coarsest = index == 0, index == len(self.grids) - 1
        smallest = SMALLEST_PIXELS * self.pixel if finest else SMALLEST_CELLS * cell
        largest = np.full(2, 2.0) if coarsest else LARGEST_CELLS * cell
        result: Floats = np.clip(sides, smallest, largest)
        return result


def fit_anchors(
    data: BoxedPictures, spec: Spec, per_map: tuple[int, ...] | None = None, seed: int = 0
) -> FittedAnchors:
    """Shapes that cover the boxes of `data`, whose pictures are squashed to the spec's size.

    Lloyd's algorithm with 1 - IoU as the distance, the IoU being that with the nearest anchor of
    a shape's map, not of shapes laid upon each other: so small shapes come to sit on fine maps by
    themselves, and `LARGEST_CELLS` keeps large ones off them. It begins once with the spec's own
    shapes and once with shapes drawn from the boxes; the better end is taken, and the spec's own
    anchors stay where neither covers more.

    Args:
        data: what will be trained on.
        spec: a detector's.
        per_map: anchors in a cell of each map; None: as many as the spec has, which keeps the
            predictors' channels.
        seed: of the draw; the same seed gives the same anchors.

    Raises:
        TypeError: the spec's head is no detector.
        DatasetError: there is no box to fit to.
    """
    own = detector(spec).anchors
    boxes = network_boxes(data)
    if not len(boxes.ltrb):
        raise DatasetError(f"{data.name} ({data.split}): anchors need at least one box to fit to")
    counts = tuple(map(len, own.shapes))
    wanted = per_map or counts
    if len(wanted) != len(counts) or min(wanted) < 1:
        raise DatasetError(f"anchors are counted, from 1, for each of {len(counts)} maps: {wanted}")
    sides = (boxes.ltrb[:, 2:] - boxes.ltrb[:, :2])[:, ::-1]
    first = _Problem(boxes.ltrb, sides, grids(spec), counts, 1 / np.array(spec.size, np.float64))
    problem = replace(first, per_map=wanted)
    shapes = np.concatenate([input_shares(of_map, spec.size) for of_map in own.shapes])
    starts = [_drawn(problem, np.random.default_rng((seed, draw))) for draw in range(DRAWS)]
    starts += [shapes] if wanted == counts else []
    ends = [_lloyd(problem, start) for start in starts]
    fitted = _by_map(problem, max(ends, key=lambda end: _score(problem, end)), spec.size)

    def measured(of: _Problem, anchors: Anchors) -> Coverage:
        stacked = np.concatenate([input_shares(of_map, spec.size) for of_map in anchors.shapes])
        return summarize(_table(of, stacked).max(1), boxes.classes, len(data.labels))

    before = measured(first, own)
    after = measured(problem, Anchors(fitted, own.cell_pixels))
    if wanted == counts and (after.covered < before.covered or after.mean_iou < before.mean_iou):
        return FittedAnchors(own, before, before)
    return FittedAnchors(Anchors(fitted, own.cell_pixels), before, after)


def _lloyd(problem: _Problem, shapes: Floats) -> Floats:
    """Move shapes to the middle of their boxes while that brings them nearer; [shapes, 2]."""
    table = _table(problem, shapes)
    for _ in range(ROUNDS):
        nearest, best = table.argmax(1), table.max(1)
        moved = shapes.copy()
        for index, at in enumerate(problem.maps):
            members = nearest == index
            if members.any():
                middle = np.exp(np.log(problem.sides[members]).mean(0))
                moved[index] = problem.clipped(middle, int(at))
        new = _table(problem, moved)
        # The geometric mean is not IoU's own center: a shape that would get worse stays.
        gains = np.array(
            [(new[:, i] - table[:, i])[nearest == i].sum() for i in range(len(shapes))]
        )
        moved[gains <= 0] = shapes[gains <= 0]
        idle = np.flatnonzero(np.bincount(nearest, minlength=len(shapes)) == 0)
        gained = _reseed(problem, moved, idle, best)
        if not gained and not (gains > 0).any():
            break
        shapes, table = moved, _table(problem, moved)
    return shapes


def _reseed(problem: _Problem, shapes: Floats, idle: npt.NDArray[np.int64], best: Floats) -> bool:
    """Give shapes that are no box's best, `idle`, the shape of a box that lacks one; in place."""
    gained = False
    best = best.copy()
    for index in idle:
        at = int(problem.maps[index])
        lack = _own_iou(problem, at) - best
        if lack.max() > NOTABLE_GAIN:
            shapes[index] = problem.clipped(problem.sides[lack.argmax()], at)
            found = shape_iou(problem.ltrb, problem.grids[at], shapes[index][None])[:, 0]
            best, gained = np.maximum(best, found), True
    return gained


def _drawn(problem: _Problem, random: np.random.Generator) -> Floats:
    """Shapes of boxes, drawn map by map, the coarsest first, where cover is still thin."""
    shapes = np.zeros((len(problem.maps), 2))
    best = np.zeros(len(problem.ltrb))
    for index in reversed(range(len(problem.maps))):
        at = int(problem.maps[index])
        lack = np.clip(_own_iou(problem, at) - best, 0, None) + 1e-9
        chosen = random.choice(len(lack), p=lack / lack.sum())
        shapes[index] = problem.clipped(problem.sides[chosen], at)
        found = shape_iou(problem.ltrb, problem.grids[at], shapes[index][None])[:, 0]
        best = np.maximum(best, found)
    return shapes


def _own_iou(problem: _Problem, at: int) -> Floats:
    """[boxes]: what an anchor of the box's shape, as far as map `at` allows it, reaches there."""
    shapes = problem.clipped(problem.sides, at)
    return paired_iou(problem.ltrb, problem.grids[at], shapes)


def _table(problem: _Problem, shapes: Floats) -> Floats:
    """[boxes, shapes]: the best IoU of every shape, at its map's cells, with every box."""
    return np.concatenate(
        [
            shape_iou(problem.ltrb, grid, shapes[problem.maps == index])
            for index, grid in enumerate(problem.grids)
        ],
        1,
    )


def _score(problem: _Problem, shapes: Floats) -> float:
    """Share of covered boxes plus mean IoU: the first alone is blind beyond its threshold."""
    best = _table(problem, shapes).max(1)
    return float((best >= COVERED_IOU).mean() + best.mean())


def _by_map(
    problem: _Problem, shapes: Floats, size: tuple[int, int]
) -> tuple[tuple[Shape, ...], ...]:
    """(height, width) in shares of the input's shorter side, the smallest of a map first."""
    pixels = shapes * size / min(size)
    return tuple(
        tuple(sorted(map(_shape, pixels[problem.maps == index]), key=lambda s: s[0] * s[1]))
        for index in range(len(problem.per_map))
    )


def _shape(sides: Floats) -> Shape:
    return round(float(sides[0]), 5), round(float(sides[1]), 5)
