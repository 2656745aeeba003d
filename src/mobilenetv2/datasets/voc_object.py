"""One `<object>` of a Pascal VOC file: boxes, or the hull of a polygon or of a turned box."""

from collections.abc import Sequence
from math import cos, isfinite, sin
from xml.etree import ElementTree

from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.tasks.whole_numbers import finite_number

Corners = tuple[float, float, float, float]


def object_boxes(item: ElementTree.Element) -> list[WrittenBox]:
    """All boxes of an object: some tools write several `<bndbox>` into one.

    Raises:
        ValueError: no name, no box, or a coordinate that is no number; with the reason.
    """
    label = (item.findtext("name") or "").strip()
    if not label:
        raise ValueError("<name> is missing or empty")
    difficult = (item.findtext("difficult") or "0").strip().casefold() in ("1", "true")
    corners = [_bndbox(box) for box in item.findall("bndbox")]
    if not corners:
        corners = [_turned(box) for box in item.findall("robndbox")]
    if not corners:
        corners = [_hull(polygon) for polygon in item.findall("polygon")]
    if not corners:
        raise ValueError("<bndbox> must hold xmin, ymin, xmax and ymax, got none")
    return [WrittenBox(label, ltrb, difficult) for ltrb in corners]


def number(item: ElementTree.Element, tag: str, called: str = "") -> float:
    """The number in an element below `item`, `called` so in the reason of a ValueError."""
    text = (item.findtext(tag) or "").strip()
    found = finite_number(text)
    if found is not None:
        return found
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"<{called or tag}> must be a number, got {text!r:.60}") from error


def _bndbox(box: ElementTree.Element) -> Corners:
    left, top, right, bottom = (
        number(box, tag, f"bndbox/{tag}") for tag in ("xmin", "ymin", "xmax", "ymax")
    )
    return left, top, right, bottom


def _turned(box: ElementTree.Element) -> Corners:
    """What a box of roLabelImg, turned about its center by an angle in radians, reaches over."""
    x, y, width, height, angle = (number(box, tag) for tag in ("cx", "cy", "w", "h", "angle"))
    if not isfinite(angle):
        raise ValueError(f"<angle> must be a number, got {angle}")
    across = abs(width * cos(angle)) + abs(height * sin(angle))
    down = abs(width * sin(angle)) + abs(height * cos(angle))
    return x - across / 2, y - down / 2, x + across / 2, y + down / 2


def _hull(polygon: ElementTree.Element) -> Corners:
    """`<x1> <y1> <x2> ...`, or LabelMe's `<pt><x> <y></pt>`."""
    points = polygon.findall("pt")
    if points:
        return hull([number(point, "x") for point in points], [number(p, "y") for p in points])
    count = sum(1 for child in polygon if child.tag.startswith("x"))
    indices = range(1, count + 1)
    return hull(
        [number(polygon, f"x{index}") for index in indices],
        [number(polygon, f"y{index}") for index in indices],
    )


def hull(xs: Sequence[float], ys: Sequence[float]) -> Corners:
    """(left, top, right, bottom) around points; ValueError for fewer than two."""
    if len(xs) < 2 or len(xs) != len(ys):
        raise ValueError(f"a polygon must have at least two points, got {min(len(xs), len(ys))}")
    return min(xs), min(ys), max(xs), max(ys)
