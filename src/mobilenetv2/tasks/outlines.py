"""The borders of a mask's regions as polygons."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One closed border of a class's pixels."""

    label: str
    index: int
    points: Points = field(repr=False)
    """[points, 2]: (x, y) in pixels from the picture's upper left corner, along the pixels' edges;
    the last is joined to the first. Seen on the picture, borders of regions run clockwise and
    those of holes counterclockwise."""

    @property
    def is_hole(self) -> bool:
        """Whether the class lies outside of it."""
        return signed_area(self.points) < 0

    def to_json(self) -> dict[str, object]:
        """The same as plain values; points to a tenth pixel."""
        return {
            "label": self.label,
            "index": self.index,
            "hole": self.is_hole,
            "points": np.round(self.points, 1).tolist(),
        }


def signed_area(points: Points) -> float:
    """Of a polygon, in square pixels; below zero where it runs counterclockwise on the picture."""
    x, y = points.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def outline(region: Bools, tolerance: float) -> Iterator[Points]:
    """The closed borders of a region, [points, 2] each.

    Pixels that touch by a corner alone are apart. With a tolerance of 0 the polygons enclose
    exactly the region's pixels.

    Args:
        region: bool [height, width].
        tolerance: how far a border may be moved to save points, in pixels (Douglas and Peucker,
            1973).
    """
    for corners in _rings(region):
        yield simplify(corners, tolerance) if tolerance > 0 else corners


def _rings(region: Bools) -> Iterator[Points]:
    """Closed walks along pixel edges with the region on the right hand, corners only."""
    follower = _edges(region)
    while follower:
        start = next(iter(follower))
        here, way = start, next(iter(follower[start]))
        ring: list[tuple[int, int]] = []
        before = None
        while True:
            ends = follower[here]
            if before is not None and len(ends) == 2:
                # Two regions meet in a corner: turning right stays with the one we came along.
                way = _right_of(before)
                if way not in ends:
                    way = next(iter(ends))
            else:
                way = way if before is None else next(iter(ends))
            ends.remove(way)
            if not ends:
                del follower[here]
            if way != before:
                ring.append(here)
            before = way
            here = (here[0] + way[0], here[1] + way[1])
            if here == start:
                break
        yield _without_straight_start(np.array(ring, np.float64))


def _right_of(way: tuple[int, int]) -> tuple[int, int]:
    """The direction after a turn to the right, as seen on a picture, whose y runs down."""
    x, y = way
    return -y, x


def _edges(region: Bools) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """From each corner of pixels, (x, y), the directions in which the border goes on."""
    padded = np.pad(region, 1)
    inside, above, left = padded[1:, 1:], padded[:-1, 1:], padded[1:, :-1]
    follower: dict[tuple[int, int], set[tuple[int, int]]] = {}

    def add(places: Bools, shift: tuple[int, int], way: tuple[int, int]) -> None:
        rows, columns = np.nonzero(places)
        for x, y in zip((columns + shift[0]).tolist(), (rows + shift[1]).tolist(), strict=True):
            follower.setdefault((x, y), set()).add(way)

    # `padded[1:, 1:]` at (row, column) is the picture's pixel there: its corners are (column,
    # row) and onwards. Top edges run right, bottom edges left, left edges up, right edges down.
    add(inside & ~above, (0, 0), (1, 0))
    add(above & ~inside, (1, 0), (-1, 0))
    add(inside & ~left, (0, 1), (0, -1))
    add(left & ~inside, (0, 0), (0, 1))
    return follower


def _without_straight_start(ring: Points) -> Points:
    """A ring whose walk began in the middle of a straight side has one point too many there."""
    before, after = ring[0] - ring[-1], ring[1] - ring[0]
    return ring[1:] if before[0] * after[1] == before[1] * after[0] else ring


def simplify(ring: Points, tolerance: float) -> Points:
    """Fewer points, none of the others farther than `tolerance` from the new border.

    A ring is cut at the first point and the one farthest from it; one that would collapse to a
    line keeps its points.
    """
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(1)))
    closed = np.concatenate([ring, ring[:1]])
    keep = np.zeros(len(closed), np.bool_)
    keep[[0, far, len(ring)]] = True
    spans = [(0, far), (far, len(ring))]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distances = _distances(closed[first + 1 : last], closed[first], closed[last])
        worst = int(np.argmax(distances))
        if distances[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    result: Points = closed[:-1][keep[:-1]]
    return result if len(result) > 2 else ring


def _distances(points: Points, first: Points, last: Points) -> npt.NDArray[np.float64]:
    """From the straight line between two points, or from the one where they are the same."""
    along = last - first
    length = float(np.hypot(*along))
    if length == 0:
        apart: npt.NDArray[np.float64] = np.hypot(*(points - first).T)
        return apart
    (dx, dy), offsets = along, points - first
    result: npt.NDArray[np.float64] = np.abs(dx * offsets[:, 1] - dy * offsets[:, 0]) / length
    return result
