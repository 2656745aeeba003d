"""The six anchors a cell of Liu et al.'s SSD (arXiv 1512.02325), as torch detectors order them."""

from collections.abc import Sequence
from math import sqrt

from mobilenetv2.network.anchors import Anchors, Shape

RATIOS = (2.0, 3.0)


def ssd_anchors(
    sides: Sequence[tuple[float, float]],
    *,
    cell_pixels: tuple[float, ...] | None = None,
    clip: bool = False,
) -> Anchors:
    """A small square, a larger one, and the small one twice and three times as wide and as tall.

    Args:
        sides: map by map, the small square's side and what it grows to on the next map, as shares
            of the input; the larger square is their geometric mean.
        cell_pixels: as in `Anchors`.
        clip: whether no side is longer than the input, and no center outside.
    """
    limit = 1.0 if clip else float("inf")
    shapes = tuple(
        tuple((min(height, limit), min(width, limit)) for height, width in _cell(small, large))
        for small, large in sides
    )
    return Anchors(shapes, cell_pixels, clip_centers=clip and cell_pixels is not None)


def _cell(small: float, large: float) -> list[Shape]:
    """(height, width) of a cell's anchors."""
    middle = sqrt(small * large)
    shapes = [(small, small), (middle, middle)]
    for ratio in RATIOS:
        long, short = small * sqrt(ratio), small / sqrt(ratio)
        shapes += [(short, long), (long, short)]
    return shapes
