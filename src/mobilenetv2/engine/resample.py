"""Pictures brought to a network's size by the engine, from where Pillow has their pixels.

Its bits are those of `tasks.image.fitted`, in a third of the time.
"""

import ctypes
import os
from functools import cache

import numpy as np
from PIL import Image

from mobilenetv2.engine.library import ISA_VARIABLE, LIBRARY, NUMPY, Resize, available, open_library
from mobilenetv2.engine.pillow_memory import address
from mobilenetv2.preprocessing import PAD_VALUE, Interpolation, Preprocessing
from mobilenetv2.tasks.framing import Region, fitted_size, seen_region
from mobilenetv2.tasks.image import fitted
from mobilenetv2.tasks.pixels import Pixels

_FILTERS: dict[Interpolation, int] = {"bilinear": 0, "bicubic": 1}


def natively_fitted(image: Image.Image, preprocessing: Preprocessing) -> Pixels:
    """As `tasks.image.fitted`: an RGB picture at the network's size, uint8 [height, width, 3]."""
    size, box = preprocessing.size, seen_region((image.height, image.width), preprocessing)
    if preprocessing.fit == "pad":
        size = fitted_size((image.height, image.width), preprocessing.size)
        box = (0.0, 0.0, float(image.width), float(image.height))
    found = resized(image, size, box, preprocessing.interpolation)
    if found is None:
        return fitted(image, preprocessing)
    if size == preprocessing.size:
        return found
    padded = np.full((*preprocessing.size, 3), PAD_VALUE, np.uint8)
    padded[: size[0], : size[1]] = found
    return padded


def resized(
    image: Image.Image, size: tuple[int, int], box: Region, interpolation: Interpolation
) -> Pixels | None:
    """A part of an RGB picture at another size, uint8 [height, width, 3], with Pillow's bits.

    Args:
        image: as for `resampled`.
        size: (height, width) of the result.
        box: the part.
        interpolation: between pixels.

    Returns:
        None where Pillow has to do it: without an engine, where pixels are picked rather than
        mixed, and where it does not have them in one piece. Older releases do not show theirs, and
        pictures of more than 16 MB are in several.
    """
    if interpolation == "nearest" or os.environ.get(ISA_VARIABLE) == NUMPY:
        return None
    tall_ones_down_first = _order_of_tall_ones()
    if tall_ones_down_first is None:
        return None
    shrinks_by = image.height - size[0]
    tall = shrinks_by > 0 and shrinks_by > 2 * (image.width - size[1])
    return resampled(image, size, box, interpolation, down_first=tall and tall_ones_down_first)


def resampled(
    image: Image.Image,
    size: tuple[int, int],
    box: Region,
    interpolation: Interpolation,
    *,
    down_first: bool,
) -> Pixels | None:
    """A part of an RGB picture at another size, uint8 [height, width, 3].

    Args:
        image: the picture; or one in mode RGBX, which has its colors at the same places.
        size: (height, width) of the result.
        box: the part.
        interpolation: not "nearest".
        down_first: whether columns are resampled before rows are.

    Returns:
        None where Pillow does not have its pixels in one piece.
    """
    pixels = address(image)
    if pixels is None:
        return None
    found = np.empty((*size, 3), np.uint8)
    wanted = Resize(
        pixels,
        found.ctypes.data,
        image.width,
        image.height,
        size[1],
        size[0],
        (ctypes.c_float * 4)(*box),
        _FILTERS[interpolation],
        down_first,
    )
    isa = os.environ.get(ISA_VARIABLE)
    refused = open_library(LIBRARY).mnv2_resample(wanted, isa.encode() if isa else None)
    return None if refused else found


@cache
def _order_of_tall_ones() -> bool | None:
    """Whether Pillow resamples columns first where a picture's height shrinks much more than its
    width, which it does since 13.0; None where its bits are not ours, and where ours are missing.

    Asked of itself: builds with other arithmetic are about, and so may be later releases.
    """
    if not available():
        return None
    noise = (np.arange(40 * 40 * 3, dtype=np.uint32) * 2654435761 >> 24).astype(np.uint8)
    picture = Image.fromarray(noise.reshape(40, 40, 3))

    def agrees(width: int, height: int, *, down_first: bool) -> bool:
        ours = resampled(
            picture, (height, width), (0, 0, 40, 40), "bilinear", down_first=down_first
        )
        theirs = picture.resize((width, height), Image.Resampling.BILINEAR)
        return ours is not None and ours.tobytes() == theirs.tobytes()

    if not agrees(24, 24, down_first=False):
        return None
    return next((order for order in (False, True) if agrees(38, 24, down_first=order)), None)
