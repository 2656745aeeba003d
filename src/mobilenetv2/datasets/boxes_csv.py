"""Tables of boxes, a line a box, as the TensorFlow Object Detection API's tools write them."""

from collections.abc import Iterator
from pathlib import Path

from mobilenetv2.datasets.named_boxes import NamedBoxes
from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.table import read_table
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

COLUMNS: dict[str, tuple[str, ...]] = {
    "filename": ("filename", "file_name", "image", "image_name", "image_path", "path", "file"),
    "class": ("class", "label", "class_name", "name", "category"),
    "xmin": ("xmin", "x_min", "x1", "left"),
    "ymin": ("ymin", "y_min", "y1", "top"),
    "xmax": ("xmax", "x_max", "x2", "right"),
    "ymax": ("ymax", "y_max", "y2", "bottom"),
    "width": ("width", "image_width"),
    "height": ("height", "image_height"),
}
"""What a column may be called, in any case."""


def is_boxes_csv(file: Path) -> bool:
    """Whether a table's first line names a picture, a class and four sides."""
    try:
        with file.open("rb") as content:
            head = content.read(4096).decode("utf-8-sig", errors="replace").replace("\0", "")
    except OSError:
        return False
    lines = head.splitlines()
    words = {word.strip("\"' \ufeff").casefold() for word in _cells(lines[0])} if lines else set()
    needed = (names for key, names in COLUMNS.items() if key not in ("width", "height"))
    return all(words & set(names) for names in needed)


def read_boxes_csv(file: Path) -> Iterator[NamedBoxes]:
    """The lines of each picture together; one without a class and box is a picture of nothing.

    Raises:
        DatasetError: no table, or a column is missing.
    """
    table = read_table(file)
    places = {key: table.find(names) for key, names in COLUMNS.items()}
    needed = {key: place for key, place in places.items() if place is not None}
    missing = [key for key in COLUMNS if key not in needed and key not in ("width", "height")]
    if missing:
        raise DatasetError(
            f"{file} must have the columns filename,width,height,class,xmin,ymin,xmax,ymax, "
            f"got {','.join(table.columns)!r:.200}; missing: {', '.join(missing)}"
        )
    by_picture: dict[str, list[tuple[str, ...]]] = {}
    for row in table.rows:
        by_picture.setdefault(row[needed["filename"]], []).append(row)
    for name, rows in by_picture.items():
        boxes: list[WrittenBox] = []
        troubles: list[str] = []
        for row in rows:
            label = row[needed["class"]]
            sides = [row[needed[key]] for key in ("xmin", "ymin", "xmax", "ymax")]
            numbers = [finite_number(side) for side in sides]
            match numbers:
                case [float(left), float(top), float(right), float(bottom)] if label:
                    boxes.append(WrittenBox(label, (left, top, right, bottom)))
                case _ if label or any(sides):
                    troubles.append(f"{name!r:.80}: class {label!r:.40}, box {sides!r:.80}")
                case _:
                    pass
        size = [whole_number(rows[0][needed[key]]) if key in needed else None
                for key in ("height", "width")]  # fmt: skip
        height, width = size
        stated = (height, width) if height and width else None
        yield NamedBoxes(file, name, tuple(boxes), stated, tuple(troubles))


def _cells(line: str) -> list[str]:
    for delimiter in (";", "\t", "|"):
        line = line.replace(delimiter, ",")
    return line.split(",")
