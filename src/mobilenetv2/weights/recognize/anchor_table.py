"""A file's table of anchors as shapes in the middle of cells."""

from collections.abc import Sequence

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import Anchors, Shape
from mobilenetv2.weights.recognize.layers import Doubles, Layer

TOLERANCE = 1e-4
"""Shares of the picture; tables are float32."""


def anchors_of_table(
    table: Doubles, boxes: Sequence[Layer], size: tuple[int, int], rounding: float
) -> Anchors:
    """The anchors of a detector, map by map.

    Args:
        table: [anchors, 4], center y and x, height and width in shares of the picture's sides.
        boxes: the predictors of boxes, the finest first, which tell the cells of each map.
        size: (height, width) of the picture in pixels.
        rounding: how far quantisation may have moved a number.

    Raises:
        CheckpointError: another number of anchors than the maps have, cells that carry different
            shapes, or centers that are not evenly spread.
    """
    counts = [layer.shape.elements // 4 for layer in boxes]
    if len(table) != sum(counts) or not np.isfinite(table).all():
        raise CheckpointError(
            f"the file's table has {len(table)} anchors, its maps carry {sum(counts)}"
        )
    maps = np.split(table, np.cumsum(counts)[:-1])
    shapes: list[tuple[Shape, ...]] = []
    cells: list[float] = []
    even = True
    for layer, rows in zip(boxes, maps, strict=True):
        height, width, channels = layer.shape
        grid = rows.reshape(height, width, channels // 4, 4)
        shapes.append(_shapes(grid, size, rounding))
        steps = _steps(grid, rounding)
        expected = (1 / height, 1 / width)
        even = even and all(
            abs(step - one) * max(height, width) <= 2 * (TOLERANCE + rounding)
            for step, one in zip(steps, expected, strict=True)
        )
        cells.append(steps[0] * size[0])
        if abs(steps[0] * size[0] - steps[1] * size[1]) > 1 and not even:
            raise CheckpointError(
                "the cells of a map of anchors must be square, this file's are not"
            )
    return Anchors(tuple(shapes), None if even else tuple(cells))


def _shapes(grid: Doubles, size: tuple[int, int], rounding: float) -> tuple[Shape, ...]:
    """(height, width) in shares of the shorter side, which every cell must have."""
    first = grid[0, 0, :, 2:]
    if np.abs(grid[..., 2:] - first).max() > TOLERANCE + rounding:
        raise CheckpointError("every cell of a map must carry the same anchors, this file's do not")
    sides = first * np.array(size) / min(size)
    return tuple((float(height), float(width)) for height, width in sides)


def _steps(grid: Doubles, rounding: float) -> tuple[float, float]:
    """From one center to the next, down and across; the first lies half a step inside."""
    height, width = grid.shape[:2]
    y, x = grid[:, 0, 0, 0], grid[0, :, 0, 1]
    steps = float(2 * y.mean() / height), float(2 * x.mean() / width)
    made_y = (np.arange(height) + 0.5) * steps[0]
    made_x = (np.arange(width) + 0.5) * steps[1]
    apart = max(
        float(np.abs(grid[..., 0] - made_y[:, None, None]).max()),
        float(np.abs(grid[..., 1] - made_x[None, :, None]).max()),
    )
    if apart > TOLERANCE + 2 * rounding:
        raise CheckpointError(
            f"anchors must lie in the middle of evenly spread cells, this file's are up to "
            f"{apart:.4f} of the picture away"
        )
    return steps
