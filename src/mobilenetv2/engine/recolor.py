"""A picture's colors changed by the engine, in a tenth of Pillow's time and with its bits."""

import ctypes
import os
from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image

from mobilenetv2.engine.library import ISA_VARIABLE, LIBRARY, Colors, in_use, open_library
from mobilenetv2.tasks.pixels import Pixels


def natively_recolored(
    pixels: Pixels, matrix: Sequence[float], *, mirrored: bool = False
) -> Pixels | None:
    """A picture in other colors: what leaves 0..255 is cut off, and what lies between rounded.

    Args:
        pixels: uint8 [height, width, 3], one behind another in memory.
        matrix: [3, 4] numbers of at most a million: of each new color the shares of red, green and
            blue, and what is added.
        mirrored: whether left and right change places.

    Returns:
        uint8 [height, width, 3], elsewhere in memory; None where Pillow has to do it: without an
        engine, and where its bits are others.
    """
    return recolored(pixels, matrix, mirrored=mirrored) if in_use() and _agrees() else None


def recolored(pixels: Pixels, matrix: Sequence[float], *, mirrored: bool) -> Pixels | None:
    """The same, whatever Pillow's bits are; None of an empty picture and of larger numbers."""
    found = np.empty_like(pixels)
    wanted = Colors(
        pixels.ctypes.data,
        found.ctypes.data,
        pixels.shape[1],
        pixels.shape[0],
        (ctypes.c_float * 12)(*matrix),
        mirrored,
    )
    isa = os.environ.get(ISA_VARIABLE)
    refused = open_library(LIBRARY).mnv2_recolor(wanted, isa.encode() if isa else None)
    return None if refused else found


def mean_color(pixels: Pixels, every: int) -> tuple[float, float, float] | None:
    """Red, green and blue of one pixel in `every` x `every`, those that Pillow's `resize` keeps.

    Args:
        pixels: as for `natively_recolored`.
        every: so many times smaller that would be.

    Returns:
        None without an engine.
    """
    if not in_use():
        return None
    sums = (ctypes.c_int64 * 3)()
    height, width = pixels.shape[:2]
    count = open_library(LIBRARY).mnv2_add_up(pixels.ctypes.data, width, height, every, sums)
    return (sums[0] / count, sums[1] / count, sums[2] / count) if count else None


@cache
def _agrees() -> bool:
    """Whether Pillow's bits are ours. Where a compiler fused its products and sums they are not."""
    noise = (np.arange(64 * 64 * 3, dtype=np.uint32) * 2654435761 >> 24).astype(np.uint8)
    pixels = noise.reshape(64, 64, 3)
    matrix = (0.81, 0.113, -0.07, 3.3, 0.29, 0.57, 0.14, -9.1, -0.2, 0.4, 1.3, 0.7)
    ours = recolored(pixels, matrix, mirrored=False)
    theirs = Image.fromarray(pixels).convert("RGB", matrix)
    return ours is not None and ours.tobytes() == theirs.tobytes()
