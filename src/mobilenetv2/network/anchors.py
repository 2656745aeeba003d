"""SSD's prior boxes as a value: which shapes sit in the middle of every cell of every map."""

import itertools
from dataclasses import dataclass
from math import isfinite, sqrt

from mobilenetv2.errors import SpecError

Shape = tuple[float, float]
"""(height, width) of an anchor, as shares of the input's shorter side."""

MAX_PER_CELL = 64
OTHER_RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
"""Width over height of the anchors on every map but the first (section 6.2's released system)."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """For each feature map, finest first, the shapes that every one of its cells carries.

    Anchors are listed map by map, within a map row by row, within a cell in the order of
    `shapes`: the order in which the predictors' outputs come.

    Raises:
        SpecError: a map without shapes, or a shape that is not positive.
    """

    shapes: tuple[tuple[Shape, ...], ...]
    cell_pixels: tuple[float, ...] | None = None
    """Input pixels between the centers of neighboring cells, map by map. None, the released
    TensorFlow system: the input's sides are divided evenly by the map's cells."""
    clip_centers: bool = False
    """Whether centers that `cell_pixels` puts outside the input are moved to its border."""

    def __post_init__(self) -> None:
        for shapes in self.shapes:
            _require(
                1 <= len(shapes) <= MAX_PER_CELL,
                f"a map has 1 to {MAX_PER_CELL} anchors a cell",
                len(shapes),
            )
            for shape in shapes:
                _require(
                    all(isfinite(side) and 0 < side <= 100 for side in shape),
                    "an anchor's (height, width) must be in (0, 100]",
                    shape,
                )
        if self.cell_pixels is not None:
            _require(
                len(self.cell_pixels) == len(self.shapes)
                and all(0 < pixels <= 65536 for pixels in self.cell_pixels),
                "cell_pixels must hold one positive number a map, 65536 at most",
                self.cell_pixels,
            )

    def per_cell(self, map_index: int) -> int:
        """How many anchors each cell of feature map `map_index` (0 is the finest) carries."""
        return len(self.shapes[map_index])


def tensorflow_anchors(maps: int = 6, min_scale: float = 0.2, max_scale: float = 0.95) -> Anchors:
    """The anchors of the released TensorFlow system (section 6.2).

    Scales run linearly from `min_scale` to `max_scale`. The first map has three shapes, one of
    them at half the smallest scale; each other has five aspect ratios at its scale and a square
    between its scale and the next.
    """
    step = (max_scale - min_scale) / max(1, maps - 1)
    scales = [min_scale + step * index for index in range(maps)] + [1.0]
    first = (_shape(min_scale / 2, 1.0), _shape(min_scale, 2.0), _shape(min_scale, 0.5))
    others = (
        (*(_shape(scale, ratio) for ratio in OTHER_RATIOS), _shape(sqrt(scale * following), 1.0))
        for scale, following in itertools.pairwise(scales[1:])
    )
    return Anchors((first, *others))


def _shape(scale: float, ratio: float) -> Shape:
    return scale / sqrt(ratio), scale * sqrt(ratio)


def _require(condition: bool, rule: str, value: object) -> None:
    if not condition:
        raise SpecError(f"{rule}, got {value!r}")
