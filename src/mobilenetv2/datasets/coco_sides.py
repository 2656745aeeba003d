"""COCO's bbox is a corner and two sides; files in which it is two corners are told by numbers.

They have no rule that each box breaks: a corner at (70, 50) and another at (119, 89) is a box of
119 x 89 that leaves its picture, and would be clipped to another one.
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import DatasetError

SHARE = 0.1
"""Of the boxes must leave their pictures, and every one of the file must read as two corners."""

Id = TypeVar("Id", bound=Hashable)


def require_sides(
    file: Path,
    boxes: Mapping[Id, Sequence[WrittenBox]],
    sizes: Mapping[Id, tuple[int, int] | None],
) -> None:
    """Refuse boxes that only make sense as left, top, right and bottom.

    Args:
        file: for the message.
        boxes: by image, read as a corner and two sides.
        sizes: (height, width) that the file states, by image.

    Raises:
        DatasetError: many leave their pictures as they are read, and as corners not one does.
    """
    total, outside = 0, 0
    for image, those in boxes.items():
        size = sizes.get(image)
        for box in those if size else ():
            left, top, right, bottom = box.ltrb
            height, width = size or (0, 0)
            second = (right - left, bottom - top)
            if not (left < second[0] <= width + 1 and top < second[1] <= height + 1):
                return
            total += 1
            outside += right > width + 1 or bottom > height + 1
    if outside > SHARE * total:
        raise DatasetError(
            f"{file}: bbox must be [left, top, width, height]; {outside} of {total} boxes leave "
            "their pictures so, and all lie within as [left, top, right, bottom]: take left and "
            "top from the other two"
        )
