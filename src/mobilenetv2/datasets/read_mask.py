"""A mask file as class ids, whatever the file stores: palette, grey values or colors."""

import warnings
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from mobilenetv2.datasets.mask_colors import Color
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.picture import MAX_PIXELS

Ids = npt.NDArray[np.uint8]

IGNORED = 255
"""The id of pixels that are neither learnt from nor judged, in every mask."""

MAX_CLASSES = 255


class UnknownIdError(DatasetError):
    """A mask holds ids or colors that nobody declared."""


def read_mask(
    path: Path,
    classes: int,
    colors: Mapping[Color, int] | None = None,
    ignore: Set[int] = frozenset(),
) -> Ids:
    """Class ids, uint8 [height, width], each below `classes` or `IGNORED`.

    Of a palette picture the indices count, not the colors; of a grey one, 8 or 16 bits, the
    values. An RGB picture needs `colors`, unless its channels are equal; with `colors`, grey
    values and palettes are looked up as colors too (so 0 and 255 can be two classes).

    Args:
        path: of the mask; formats that lose pixels (JPEG) are refused.
        classes: 1 to 255.
        colors: from `mask_colors.read_colors`; (red, green, blue) to id or `IGNORED`.
        ignore: ids in the file that become `IGNORED`; 255 always does.

    Raises:
        DatasetError: unreadable, or ids or colors that are not declared; the message names them.
    """
    if not 1 <= classes <= MAX_CLASSES:
        raise DatasetError(f"masks have 1 to {MAX_CLASSES} classes, got {classes}")
    if colors is not None:
        return _from_colors(_pixels(path, as_colors=True), colors, path)
    values = read_mask_ids(path)
    table = np.full(65536, -1, np.int16)
    table[:classes] = np.arange(classes)
    table[[index for index in {*ignore, IGNORED} if 0 <= index < len(table)]] = IGNORED
    ids = table[values]
    if (ids < 0).any():
        unknown = np.unique(values[ids < 0]).tolist()
        raise UnknownIdError(
            f"{path}: a mask's ids must be below the {classes} classes, got "
            f"{_few(unknown)}. Name more classes, or declare ids to be ignored"
        )
    return ids.astype(np.uint8)


def read_mask_ids(path: Path) -> npt.NDArray[np.uint16]:
    """The ids as they stand in the file, uint16 [height, width].

    Raises:
        DatasetError: unreadable, or a picture in colors.
    """
    values = _pixels(path, as_colors=False)
    if values.ndim == 3:
        if (values == values[:, :, :1]).all():
            return values[:, :, 0].astype(np.uint16)
        raise DatasetError(
            f"{path}: a mask holds class ids, as a palette or grey picture; this one is in colors. "
            "Give the table of its colors (lines such as 'road,128,64,128')"
        )
    if values.dtype != np.bool_ and (values.min() < 0 or values.max() > 65535):
        raise DatasetError(
            f"{path}: a mask's ids must be 0 to 65535, got {values.min()} to {values.max()}"
        )
    return values.astype(np.uint16)


def _pixels(path: Path, as_colors: bool) -> npt.NDArray[np.generic]:
    """[height, width] indices or values, or [height, width, 3] for a picture in colors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise DatasetError(
                        f"{path}: a mask may have {MAX_PIXELS:,} pixels, got "
                        f"{image.width} x {image.height}"
                    )
                if image.format in ("JPEG", "MPO"):
                    raise DatasetError(
                        f"{path}: JPEG changes values, so it cannot hold a mask; "
                        "use the original as PNG"
                    )
                upright = ImageOps.exif_transpose(image)
                if as_colors or upright.mode not in ("1", "P", "L", "I", "I;16", "I;16B"):
                    upright = upright.convert("RGB")
                return np.asarray(upright)
    except DatasetError:
        raise
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such mask") from error
    # Decoders raise many types on broken files (SyntaxError, struct.error, zlib.error ...).
    except Exception as error:
        raise DatasetError(f"{path} cannot be decoded as a mask: {error}") from error


def _from_colors(pixels: npt.NDArray[np.generic], colors: Mapping[Color, int], path: Path) -> Ids:
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
