"""CVAT's own XML ("CVAT for images 1.1"): one file for many pictures."""

from collections.abc import Iterator
from math import cos, radians, sin
from pathlib import Path
from xml.etree import ElementTree

from mobilenetv2.datasets.named_boxes import NamedBoxes
from mobilenetv2.datasets.plain_xml import read_xml
from mobilenetv2.datasets.voc_object import hull
from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

Corners = tuple[float, float, float, float]

_WITHOUT_SHAPE = frozenset({"tag", "attribute", "points"})
"""What says something of a picture without an object's outline."""


def read_cvat(file: Path) -> Iterator[NamedBoxes]:
    """Boxes (turned ones as what they reach over), polygons, polylines, ellipses and masks.

    Raises:
        DatasetError: no XML, no picture in it, or tracks of a film, whose frames have no names.
    """
    try:
        root = read_xml(file)
    except ValueError as error:
        raise DatasetError(f"{file}: {error}") from error
    images = root.findall("image")
    if not images and root.find("track") is not None:
        raise DatasetError(
            f"{file} holds the tracks of a film, whose frames have no names; export it from CVAT "
            "as 'CVAT for images 1.1' or 'COCO 1.0', with images"
        )
    if not images:
        raise DatasetError(f"{file}: CVAT's XML must hold at least one <image>, got none")
    for image in images:
        boxes: list[WrittenBox] = []
        troubles: list[str] = []
        for number, item in enumerate(image, 1):
            if item.tag in _WITHOUT_SHAPE:
                continue
            try:
                boxes.append(_box(item))
            except ValueError as error:
                troubles.append(f"{image.get('name', '')!r:.80}, object {number}: {error}")
        height, width = whole_number(image.get("height")), whole_number(image.get("width"))
        size = (height, width) if height and width else None
        yield NamedBoxes(file, image.get("name", ""), tuple(boxes), size, tuple(troubles))


def _box(item: ElementTree.Element) -> WrittenBox:
    label = item.get("label", "").strip()
    if not label:
        raise ValueError(f"<{item.tag}> must have a label")
    match item.tag:
        case "box":
            left, top, right, bottom = (_number(item, key) for key in ("xtl", "ytl", "xbr", "ybr"))
            corners = _turned((left, top, right, bottom), float(item.get("rotation") or 0))
        case "polygon" | "polyline":
            points = [point.split(",") for point in item.get("points", "").split(";") if point]
            if not all(len(point) == 2 for point in points):
                raise ValueError(f"points must read 'x,y;x,y', got {item.get('points')!r:.60}")
            corners = hull([float(x) for x, _ in points], [float(y) for _, y in points])
        case "ellipse":
            x, y, across, down = (_number(item, key) for key in ("cx", "cy", "rx", "ry"))
            corners = x - across, y - down, x + across, y + down
        case "mask":
            x, y, width, height = (_number(item, key) for key in ("left", "top", "width", "height"))
            corners = x, y, x + width, y + height
        case _:
            raise ValueError(f"<{item.tag[:40]}> is no shape that has a box")
    return WrittenBox(label, corners)


def _number(item: ElementTree.Element, key: str) -> float:
    number = finite_number(item.get(key))
    if number is None:
        raise ValueError(f"{key} must be a number, got {item.get(key)!r:.40}")
    return number


def _turned(corners: Corners, degrees: float) -> Corners:
    """What a box reaches over, turned about its center."""
    if not degrees:
        return corners
    left, top, right, bottom = corners
    x, y, half_width, half_height = (
        (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2,
    )  # fmt: skip
    turn = radians(degrees)
    across = abs(half_width * cos(turn)) + abs(half_height * sin(turn))
    down = abs(half_width * sin(turn)) + abs(half_height * cos(turn))
    return x - across, y - down, x + across, y + down
