"""What boxes mean when their annotation states another size than the picture has."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.findings import FindingKind
from mobilenetv2.datasets.picture_header import PictureHeader

Corners = npt.NDArray[np.float64]

SLACK = 2.0
"""Pixels by which boxes of a right annotation may still leave the picture."""

SAME_SHAPE = 0.02
"""By how much two aspect ratios may differ, of one, and still be called the same."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Boxes in pixels of the real picture, or none where no reading of them makes sense."""

    corners: Corners | None
    kind: FindingKind
    detail: str


def to_real_pixels(corners: Corners, stated: tuple[int, int], header: PictureHeader) -> Moved:
    """Read boxes, [n, 4] in pixels, whose annotation states a size that is not the picture's.

    - Stated is the size before the picture's EXIF turn: the boxes are turned with the picture.
    - The boxes fit into the real picture: they stand, only the statement is wrong.
    - They fit only into the stated size, and that has the picture's shape: it was resized
      afterwards, and they are scaled with it.
    - Else they were made for another picture, and nobody can say where they lie.
    """
    turned = stated == header.stored != header.size
    if turned and _fit(corners, stated):
        detail = f"EXIF orientation {header.orientation}; {_sizes(stated, header)}"
        return Moved(_turn(corners, stated, header.orientation), "turned", detail)
    if _fit(corners, header.size):
        return Moved(corners, "wrong size", f"{_sizes(stated, header)}; the boxes fit and stand")
    if _fit(corners, stated) and _same_shape(stated, header.size):
        scale = (header.size[1] / stated[1], header.size[0] / stated[0]) * 2
        return Moved(corners * scale, "rescaled", _sizes(stated, header))
    if not _fit(corners, stated):
        return Moved(corners, "wrong size", f"{_sizes(stated, header)}; the boxes fit neither")
    on_its_side = " turned on its side" if stated == header.size[::-1] else ""
    return Moved(
        None,
        "wrong size",
        f"{_sizes(stated, header)}; the boxes fit only the stated one: they belong to another "
        f"picture or to this one{on_its_side or ' cut differently'}, which was left out",
    )


def _fit(corners: Corners, size: tuple[int, int]) -> bool:
    if not len(corners):
        return True
    height, width = size
    return bool(
        (corners >= -SLACK).all() and (corners <= np.array((width, height) * 2) + SLACK).all()
    )


def _same_shape(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return abs(first[0] * second[1] / (first[1] * second[0]) - 1) <= SAME_SHAPE


def _turn(corners: Corners, stored: tuple[int, int], orientation: int) -> Corners:
    """Boxes on the stored pixels, [n, 4], as they lie once EXIF's turn (5 to 8) is made."""
    height, width = stored
    left, top, right, bottom = corners.T
    match orientation:
        case 5:
            columns = (top, left, bottom, right)
        case 6:
            columns = (height - bottom, left, height - top, right)
        case 7:
            columns = (height - bottom, width - right, height - top, width - left)
        case _:
            columns = (top, width - right, bottom, width - left)
    return np.stack(columns, 1)


def _sizes(stated: tuple[int, int], header: PictureHeader) -> str:
    height, width = header.size
    return f"stated {stated[1]} x {stated[0]}, the picture has {width} x {height}"
