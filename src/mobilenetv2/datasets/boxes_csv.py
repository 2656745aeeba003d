"""Tables of boxes, a line a box, as the TensorFlow Object Detection API's tools write them."""

from collections.abc import Iterator
from pathlib import Path

from mobilenetv2.datasets.named_boxes import NamedBoxes
from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text
from mobilenetv2.tasks.table import SEPARATOR, Table, read_table
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

COLUMNS: dict[str, tuple[str, ...]] = {
    "filename": ("filename", "file_name", "image", "image_name", "image_path", "path", "file"),
    "class": ("class", "label", "class_name", "name", "category", "label_name"),
    "xmin": ("xmin", "x_min", "x1", "left"),
    "ymin": ("ymin", "y_min", "y1", "top"),
    "xmax": ("xmax", "x_max", "x2", "right"),
    "ymax": ("ymax", "y_max", "y2", "bottom"),
    "width": ("width", "image_width"),
    "height": ("height", "image_height"),
}
"""What a column may be called, in any case."""

SIDES = ("xmin", "ymin", "xmax", "ymax")
CORNER_AND_SIDES = ("bbox_x", "bbox_y", "bbox_width", "bbox_height")
"""Instead of four sides, as Make Sense writes them. x, y, w and h alone may be of a center."""


def is_boxes_csv(file: Path) -> bool:
    """Whether a table's first line names a picture, a class and four sides."""
    try:
        with file.open("rb") as content:
            head = as_text(content.read(4096), "replace").replace("\0", "")
    except OSError:
        return False
    lines = [line for line in head.splitlines() if not line.startswith(SEPARATOR)]
    words = {word.strip("\"' \ufeff").casefold() for word in _cells(lines[0])} if lines else set()
    named = {key for key, names in COLUMNS.items() if words & set(names)}
    return {"filename", "class"} <= named and (
        named >= set(SIDES) or words >= set(CORNER_AND_SIDES)
    )


def read_boxes_csv(file: Path) -> Iterator[NamedBoxes]:
    """The lines of each picture together; one without a class and box is a picture of nothing.

    Raises:
        DatasetError: no table, or a column is missing.
    """
    table = read_table(file)
    places, cornered = _places(table)
    by_picture: dict[str, list[tuple[str, ...]]] = {}
    for row in table.rows:
        by_picture.setdefault(row[places["filename"]], []).append(row)
    for name, rows in by_picture.items():
        boxes: list[WrittenBox] = []
        troubles: list[str] = []
        for row in rows:
            label = row[places["class"]]
            sides = [row[places[key]] for key in SIDES]
            match [finite_number(side) for side in sides]:
                case [float(left), float(top), float(width), float(height)] if label and cornered:
                    boxes.append(WrittenBox(label, (left, top, left + width, top + height)))
                case [float(left), float(top), float(right), float(bottom)] if label:
                    boxes.append(WrittenBox(label, (left, top, right, bottom)))
                case _ if label or any(sides):
                    troubles.append(f"{name!r:.80}: class {label!r:.40}, box {sides!r:.80}")
                case _:
                    pass
        size = [whole_number(rows[0][places[key]]) if key in places else None
                for key in ("height", "width")]  # fmt: skip
        high, wide = size
        stated = (high, wide) if high and wide else None
        yield NamedBoxes(file, name, tuple(boxes), stated, tuple(troubles))


def _places(table: Table) -> tuple[dict[str, int], bool]:
    """Columns by what they hold, and whether `SIDES` are a corner and two sides."""
    found = {key: table.find(names) for key, names in COLUMNS.items()}
    places = {key: place for key, place in found.items() if place is not None}
    corner = [table.find((name,)) for name in CORNER_AND_SIDES]
    cornered = not set(SIDES) <= set(places) and None not in corner
    if cornered:
        given = zip(SIDES, corner, strict=True)
        places |= {key: place for key, place in given if place is not None}
    missing = [key for key in COLUMNS if key not in places and key not in ("width", "height")]
    if missing:
        raise DatasetError(
            f"{table.file} must have the columns filename,width,height,class,xmin,ymin,xmax,ymax, "
            f"got {','.join(table.columns)!r:.200}; missing: {', '.join(missing)}"
        )
    return places, cornered


def _cells(line: str) -> list[str]:
    for delimiter in (";", "\t", "|"):
        line = line.replace(delimiter, ",")
    return line.split(",")
