"""A mask file as class ids, whatever the file stores: palette, grey values or colors."""

from collections.abc import Callable, Mapping, Sequence, Set

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.mask_colors import Color
from mobilenetv2.datasets.mask_pixels import mask_pixels
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import PictureFile

Ids = npt.NDArray[np.uint8]
Values = npt.NDArray[np.generic]

IGNORED = 255
"""The id of pixels that are neither learnt from nor judged, in every mask."""

MAX_CLASSES = 255


ROWS_AT_ONCE = 512
"""Rows whose intermediate numbers, some 40 bytes a pixel, are in memory at once."""


class UnknownIdError(DatasetError):
    """A mask holds ids or colors that nobody declared."""


def read_mask(
    path: PictureFile,
    classes: int,
    colors: Mapping[Color, int] | None = None,
    ignore: Set[int] = frozenset(),
    ids: Mapping[int, int] | None = None,
    size: tuple[int, int] | None = None,
    part: Callable[[Values], Values] | None = None,
) -> Ids:
    """Class ids, uint8 [height, width], each below `classes` or `IGNORED`.

    Of a palette picture the indices count, not the colors; of a grey one, 8 or 16 bits, the
    values. An RGB picture needs `colors`, unless its channels are equal; with `colors`, grey
    values and palettes are looked up as colors too (so 0 and 255 can be two classes).

    Args:
        path: of the mask, a picture or numpy's array; formats that lose pixels (JPEG) are refused.
        classes: 1 to 255.
        colors: from `mask_colors.read_colors`; (red, green, blue) to id or `IGNORED`.
        ignore: ids in the file that become `IGNORED`; 255 does too, where `ids` does not hold it.
        ids: of each value in the file the class; None: they are the same.
        size: (height, width) of the picture, compared before the mask is decoded; None: any.
        part: takes what is wanted of the file's values, [height, width] or [height, width, 3], of
            that size; what it leaves out is not looked at.

    Raises:
        MaskSizeError: it has another size.
        DatasetError: unreadable, or ids or colors that are not declared; the message names them.
    """
    if not 1 <= classes <= MAX_CLASSES:
        raise DatasetError(f"masks have 1 to {MAX_CLASSES} classes, got {classes}")
    if colors is not None:
        pixels = mask_pixels(path, as_colors=True, size=size)
        pixels = part(pixels) if part and pixels.shape[:2] == size else pixels
        return _in_strips(pixels, lambda strip: _from_colors(strip, colors, path))
    values = _plane(path, size)
    values = part(values) if part and values.shape == size else values
    known = ids if ids is not None else {index: index for index in range(classes)}
    table = np.full(256 if values.dtype == np.uint8 else 65536, -1, np.int16)
    small = {value: index for value, index in known.items() if value < len(table)}
    table[list(small)] = list(small.values())
    void = {*ignore, IGNORED} - set(known if ids is not None else ())
    table[[index for index in void if 0 <= index < len(table)]] = IGNORED
    return _in_strips(values, lambda strip: _from_ids(strip, table, classes, path))


def read_mask_ids(path: PictureFile, size: tuple[int, int] | None = None) -> npt.NDArray[np.uint16]:
    """The ids as they stand in the file, uint16 [height, width].

    Raises:
        MaskSizeError: another size than `size`.
        DatasetError: unreadable, or a picture in colors.
    """
    return _plane(path, size).astype(np.uint16)


def _plane(path: PictureFile, size: tuple[int, int] | None) -> npt.NDArray[np.generic]:
    """[height, width], values of 0 to 65535 in the file's own type."""
    values = mask_pixels(path, as_colors=False, size=size)
    if values.ndim == 3:
        if (values[:, :, 0] == values[:, :, 1]).all() and (
            values[:, :, 0] == values[:, :, 2]
        ).all():
            return values[:, :, 0]
        raise DatasetError(
            f"{path}: a mask holds class ids, as a palette or grey picture; this one is in colors. "
            "Give the table of its colors (lines such as 'road,128,64,128')"
        )
    if values.dtype not in (np.bool_, np.uint8) and (values.min() < 0 or values.max() > 65535):
        raise DatasetError(
            f"{path}: a mask's ids must be 0 to 65535, got {values.min()} to {values.max()}"
        )
    return values


def _in_strips(
    pixels: npt.NDArray[np.generic], convert: Callable[[npt.NDArray[np.generic]], Ids]
) -> Ids:
    result = np.empty(pixels.shape[:2], np.uint8)
    for start in range(0, len(pixels), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        result[rows] = convert(pixels[rows])
    return result


def _from_ids(
    values: npt.NDArray[np.generic], table: npt.NDArray[np.int16], classes: int, path: PictureFile
) -> Ids:
    if values.dtype == np.uint8:
        found = _from_bytes(values, table)
        if found is not None:
            return found
    ids = table.take(np.asarray(values, np.uint16))
    if ids.min(initial=0) < 0:
        unknown = np.unique(values[ids < 0]).tolist()
        raise UnknownIdError(
            f"{path}: a mask's ids must be below the {classes} classes, got "
            f"{_few(unknown)}. Name more classes, or declare ids to be ignored"
        )
    return ids.astype(np.uint8)


def _from_bytes(values: npt.NDArray[np.generic], table: npt.NDArray[np.int16]) -> Ids | None:
    """What a table of 256 makes of bytes, as they do it themselves, in half of numpy's time; None
    where one is unknown.
    """
    content = values.tobytes()
    if content.translate(None, np.flatnonzero(table >= 0).astype(np.uint8).tobytes()):
        return None
    ids = content.translate(table.astype(np.uint8).tobytes())
    return np.frombuffer(ids, np.uint8).reshape(values.shape)


def _from_colors(
    pixels: npt.NDArray[np.generic], colors: Mapping[Color, int], path: PictureFile
) -> Ids:
    packed = pixels.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    known = np.array(
        sorted((r * 65536 + g * 256 + b, index) for (r, g, b), index in colors.items())
    )
    place = np.minimum(np.searchsorted(known[:, 0], packed), len(known) - 1)
    ids = np.where(known[place, 0] == packed, known[place, 1], -1)
    if (ids < 0).any():
        unknown = [
            (value >> 16, value >> 8 & 255, value & 255)
            for value in np.unique(packed[ids < 0]).tolist()
        ]
        raise UnknownIdError(
            f"{path}: a mask's colors must be in the table of colors, got {_few(unknown)} "
            "(red, green, blue). Add them to the table, under the name void to ignore them"
        )
    return ids.astype(np.uint8)


def _few(values: Sequence[object]) -> str:
    more = f" and {len(values) - 8} more" if len(values) > 8 else ""
    return f"{', '.join(map(str, values[:8]))}{more}"
