"""How well a detector's anchors cover the boxes of a data set, at the places where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.network.anchors import Shape
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Spec, SSDLite

Floats = npt.NDArray[np.float64]

COVERED_IOU = 0.5
"""From this overlap on SSD's matching counts an anchor as a box's own."""

MAX_BOXES = 10_000
"""Of larger data sets evenly spaced boxes are measured: a share of 10,000 is good to one point."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the best anchor of each box overlaps it."""

    covered: float
    """Share of boxes, 0..1, whose best anchor has an IoU of `COVERED_IOU` or more."""
    mean_iou: float
    """Mean over the boxes of the best IoU, 0..1."""
    boxes: int
    """How many were measured; ignored ones are not."""
    covered_by_class: tuple[float | None, ...]
    """`covered` for each label; None where there is no box."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes as the network sees them: in shares of the input, which the picture was squashed to."""

    ltrb: Floats
    """[boxes, 4], (left, top, right, bottom) in 0..1."""
    classes: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a feature map, in shares of the input."""

    rows: int
    columns: int
    step_y: float
    step_x: float
    """Between the centers of neighboring cells; the first lies half a step from the edge."""


def anchor_coverage(data: BoxedPictures, spec: Spec) -> Coverage:
    """Measure a detector's anchors on a data set whose pictures are squashed to its size.

    Raises:
        TypeError: the spec's head is no detector.
    """
    head = detector(spec)
    boxes = network_boxes(data)
    best = np.zeros(len(boxes.ltrb))
    for grid, shapes in zip(grids(spec), head.anchors.shapes, strict=True):
        found = shape_iou(boxes.ltrb, grid, input_shares(shapes, spec.size))
        best = np.maximum(best, found.max(1, initial=0))
    return summarize(best, boxes.classes, len(data.labels))


def summarize(best: Floats, classes: npt.NDArray[np.int64], labels: int) -> Coverage:
    """From the best IoU and the class of every box, [boxes]."""
    covered = best >= COVERED_IOU
    by_class = tuple(
        float(covered[classes == index].mean()) if (classes == index).any() else None
        for index in range(labels)
    )
    share, mean = (float(covered.mean()), float(best.mean())) if len(best) else (0.0, 0.0)
    return Coverage(share, mean, len(best), by_class)


def network_boxes(data: BoxedPictures) -> Boxes:
    """The boxes that count, of a large data set `MAX_BOXES` evenly spaced ones."""
    found = [
        picture.boxes[~picture.ignored] / np.array(picture.size[::-1] * 2, np.float64)
        for picture in data.pictures
    ]
    classes = [picture.classes[~picture.ignored] for picture in data.pictures]
    ltrb = np.concatenate([np.zeros((0, 4)), *found])
    indices = np.concatenate([np.zeros(0, np.int64), *classes])
    if len(ltrb) > MAX_BOXES:
        kept = np.linspace(0, len(ltrb) - 1, MAX_BOXES).astype(np.int64)
        ltrb, indices = ltrb[kept], indices[kept]
    return Boxes(ltrb, indices)


def detector(spec: Spec) -> SSD | SSDLite:
    """The spec's head.

    Raises:
        TypeError: it is no detector.
    """
    if not isinstance(spec.head, SSD | SSDLite):
        raise TypeError(f"anchors belong to SSD or SSDLite, got {type(spec.head).__name__}")
    return spec.head


def grids(spec: Spec) -> tuple[Grid, ...]:
    """The grid of every feature map, finest first."""
    head, graph = detector(spec), build(spec)
    height, width = spec.size
    found = []
    for index in range(len(head.anchors.shapes)):
        rows, columns, _ = graph.by_name[f"class{index}"].shape
        cell = head.anchors.cell_pixels
        step_y = cell[index] / height if cell else 1 / rows
        step_x = cell[index] / width if cell else 1 / columns
        found.append(Grid(rows, columns, step_y, step_x))
    return tuple(found)


def input_shares(shapes: Sequence[Shape], size: tuple[int, int]) -> Floats:
    """(height, width) in shares of the input's height and width, [shapes, 2]."""
    short = min(size)
    return np.array(shapes, np.float64).reshape(-1, 2) * (short / size[0], short / size[1])


def shape_iou(ltrb: Floats, grid: Grid, shapes: Floats) -> Floats:
    """The best IoU that anchors of each shape reach with each box: [boxes, shapes].

    Along each axis the nearest center gives the largest overlap, whatever the shape, so the cell
    nearest to a box is the only one that has to be looked at.

    Args:
        ltrb: [boxes, 4] in shares of the input.
        grid: of the map whose cells carry the anchors.
        shapes: [shapes, 2], (height, width) in shares of the input.
    """
    return _iou(ltrb, grid, shapes[None, :, 0], shapes[None, :, 1])


def paired_iou(ltrb: Floats, grid: Grid, shapes: Floats) -> Floats:
    """As `shape_iou`, but each box with its own shape only: [boxes] of [boxes, 4], [boxes, 2]."""
    return _iou(ltrb, grid, shapes[:, :1], shapes[:, 1:])[:, 0]


def _iou(ltrb: Floats, grid: Grid, heights: Floats, widths: Floats) -> Floats:
    """[boxes, shapes] of [boxes, 4] and twice [1 or boxes, shapes]."""
    down = _overlap(ltrb[:, 1:2], ltrb[:, 3:4], grid.rows, grid.step_y, heights)
    along = _overlap(ltrb[:, 0:1], ltrb[:, 2:3], grid.columns, grid.step_x, widths)
    common = down * along
    own = (ltrb[:, 2:] - ltrb[:, :2]).prod(1)[:, None]
    result: Floats = common / (own + heights * widths - common)
    return result


def _overlap(low: Floats, high: Floats, cells: int, step: float, sides: Floats) -> Floats:
    """Along one axis, with an anchor in the cell nearest to each box."""
    nearest = np.clip(np.rint((low + high) / 2 / step - 0.5), 0, cells - 1)
    center = (nearest + 0.5) * step
    overlap = np.minimum(high, center + sides / 2) - np.maximum(low, center - sides / 2)
    result: Floats = np.clip(overlap, 0, None)
    return result
