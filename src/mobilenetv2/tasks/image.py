"""From anything a person calls a picture to the array a network reads."""

from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.find_pictures import find_pictures as find_pictures
from mobilenetv2.tasks.picture import fit, open_rgb, to_rgb
from mobilenetv2.tasks.pixels import Pixels, normalize

Picture = str | Path | bytes | Image.Image | npt.NDArray[np.generic]
"""A file, its bytes, a PIL image, or an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4]."""


def is_picture(value: object) -> TypeGuard[Picture]:
    """Whether a value is one picture, and not several."""
    return isinstance(value, str | Path | bytes | Image.Image | np.ndarray)


def decode(picture: Picture) -> Pixels:
    """RGB pixels, uint8 [height, width, 3], the right way up.

    Files, bytes and PIL images become so as `open_rgb` says.

    Raises:
        ImageError: missing, truncated, not a picture, too large, or an array of another kind.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    return np.asarray(open_rgb(picture))


def prepare(pixels: Pixels, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """The network's input, float32 [height, width, 3], from uint8 [any height, any width, 3]."""
    return normalize(resize(pixels, preprocessing), preprocessing)


def resize(pixels: Pixels, preprocessing: Preprocessing) -> Pixels:
    """Bring a picture to the network's size as `preprocessing.fit` says; uint8 throughout."""
    return np.asarray(fit(Image.fromarray(pixels), preprocessing))


def deep_to_rgb(image: Image.Image) -> Image.Image:
    """A picture of 16 or 32 bits a pixel in mode RGB.

    Raises:
        ImageError: numbers outside of what pictures hold.
    """
    return Image.fromarray(_from_array(np.asarray(image)))


def _from_array(values: npt.NDArray[np.generic]) -> Pixels:
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4) or 0 in values.shape:
        raise ImageError(
            "an array must be [height, width], or [height, width, 1, 3 or 4], not empty, "
            f"got {list(values.shape)}"
        )
    pixels = _to_8_bits(values)
    if pixels.shape[2] == 4:
        return np.asarray(to_rgb(Image.fromarray(pixels, "RGBA"), "the array"))
    return (
        np.broadcast_to(pixels, (*pixels.shape[:2], 3)).copy() if pixels.shape[2] == 1 else pixels
    )


def _to_8_bits(values: npt.NDArray[np.generic]) -> Pixels:
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    # PIL hands 16-bit pictures out as int32 ("I"), so the range decides, not the type alone.
    if values.dtype in (np.uint16, np.int32, np.int64):
        whole = values.astype(np.int64)
        low, high = int(whole.min()), int(whole.max())
        if low < 0 or high > 65535:
            raise ImageError(f"whole numbers must lie in 0..65535, got {low}..{high}")
        eight_bit = values.dtype != np.uint16 and high <= 255
        return (whole if eight_bit else whole >> 8).astype(np.uint8)
    if np.issubdtype(values.dtype, np.floating):
        lowest, highest = float(values.min()), float(values.max())
        if not (lowest >= 0 and highest <= 1):
            raise ImageError(
                f"an array of floats must lie in 0..1, got {lowest:g}..{highest:g}; "
                "give pixels in 0..255 as uint8"
            )
        return np.rint(np.asarray(values, np.float32) * 255).astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    raise ImageError(f"an array must be uint8, uint16 or float in 0..1, got {values.dtype}")
