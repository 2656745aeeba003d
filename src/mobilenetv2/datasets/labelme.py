"""labelme: one JSON file a picture, with shapes."""

from collections.abc import Iterator, Mapping
from math import hypot
from pathlib import Path

from mobilenetv2.datasets.named_boxes import NamedBoxes
from mobilenetv2.datasets.plain_json import read_json
from mobilenetv2.datasets.voc_object import hull
from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

_INSIDE = (
    "it is inside the annotation (imageData): write it beside it first, as labelme_export_json does"
)


def read_labelme(file: Path) -> Iterator[NamedBoxes]:
    """Rectangles, polygons, circles, lines and masks as the boxes around them; points have none.

    Raises:
        DatasetError: no JSON, or not labelme's.
    """
    content = read_json(file)
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise DatasetError(f"{file} must be labelme's JSON, with a list of shapes")
    boxes: list[WrittenBox] = []
    troubles: list[str] = []
    for number, shape in enumerate(content["shapes"], 1):
        try:
            boxes.append(_box(shape))
        except ValueError as error:
            troubles.append(f"shape {number}: {error}")
    height = whole_number(content.get("imageHeight"))
    width = whole_number(content.get("imageWidth"))
    name = content.get("imagePath")
    yield NamedBoxes(
        file,
        name if isinstance(name, str) and name else file.stem,
        tuple(boxes),
        (height, width) if height and width else None,
        tuple(troubles),
        _INSIDE if content.get("imageData") else "",
    )


def _box(shape: object) -> WrittenBox:
    if not isinstance(shape, Mapping):
        raise ValueError(f"a shape must be an object, got {shape!r:.60}")
    label, kind = shape.get("label"), shape.get("shape_type", "polygon")
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"a shape must have a label, got {label!r:.60}")
    points = shape.get("points")
    numbers = [
        [finite_number(item) for item in point] if isinstance(point, list) else []
        for point in (points if isinstance(points, list) else [])
    ]
    xs = [point[0] for point in numbers if len(point) == 2 and point[0] is not None]
    ys = [point[1] for point in numbers if len(point) == 2 and point[1] is not None]
    if len(xs) < len(numbers) or len(ys) < len(numbers):
        raise ValueError(f"points must be pairs of numbers, got {points!r:.60}")
    if kind == "point":
        raise ValueError("a point has no box")
    if kind == "circle" and len(xs) == 2:
        radius = hypot(xs[1] - xs[0], ys[1] - ys[0])
        return WrittenBox(
            label.strip(), (xs[0] - radius, ys[0] - radius, xs[0] + radius, ys[0] + radius)
        )
    return WrittenBox(label.strip(), hull(xs, ys))
