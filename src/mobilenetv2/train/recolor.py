"""Changes of color by chance, all in one matrix: a picture's bytes are gone through once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.engine.recolor import mean_color, natively_recolored
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.grey import LUMA

GREY = np.array(LUMA)
"""What red, green and blue count in the grey that contrast and saturation lead to."""

_TO_YIQ = np.array([GREY, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])
"""Brightness and two axes of color, between which a hue is an angle."""
_FROM_YIQ = np.linalg.inv(_TO_YIQ)

_AS_IT_IS = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
"""The matrix of colors that changes none of them."""

_EVERY = 4
"""Pixel along either side makes the mean grey: a sixteenth of them tell it as well."""


@dataclass(frozen=True, slots=True)
class Recolor:
    """Factors of 1 change nothing; order of changes: as the fields."""

    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    hue: float = 0.0
    """In turns."""
    channels: tuple[int, int, int] = (0, 1, 2)
    """Which of red, green and blue stand in their places."""


UNCHANGED = Recolor()


def jittered(strength: float, random: np.random.Generator) -> Recolor:
    """Brightness, contrast and saturation, each by a factor in 1 - strength .. 1 + strength."""
    if not strength:
        return UNCHANGED
    brightness, contrast, saturation = random.uniform(1 - strength, 1 + strength, 3).tolist()
    return Recolor(brightness, contrast, saturation)


def recolored(image: Image.Image, color: Recolor) -> Image.Image:
    """An RGB picture in other colors; what leaves 0..255 is cut off once, at the end."""
    if color == UNCHANGED:
        return image
    few = (-(-image.width // _EVERY), -(-image.height // _EVERY))
    mean = np.asarray(image.resize(few, Image.Resampling.NEAREST)).mean((0, 1))
    return image.convert("RGB", _matrix(color, mean.tolist()))


def recolored_pixels(pixels: Pixels, color: Recolor, *, mirrored: bool) -> Pixels:
    """The same of uint8 [height, width, 3], where asked to with left and right in turned places."""
    if color != UNCHANGED:
        mean = mean_color(pixels, _EVERY)
        found = None
        if mean is not None:
            found = natively_recolored(pixels, _matrix(color, mean), mirrored=mirrored)
        if found is not None:
            return found
        pixels = np.asarray(recolored(Image.fromarray(pixels), color))
    return mirror(pixels) if mirrored else pixels


def mirror(pixels: Pixels) -> Pixels:
    """Uint8 [height, width, 3], left and right in turned places."""
    if pixels.flags.c_contiguous:
        found = natively_recolored(pixels, _AS_IT_IS, mirrored=True)
        if found is not None:
            return found
    # As pieces of three bytes: numpy turns single ones in six times as long.
    return np.ascontiguousarray(pixels.view("V3")[:, ::-1]).view(np.uint8)


def _matrix(color: Recolor, mean: Sequence[float]) -> tuple[float, ...]:
    """[3, 4]: shares of red, green and blue, and what is added, for a picture of that `mean`."""
    matrix = _saturation(color.saturation)
    if color.hue:
        matrix = (_hue(color.hue) @ np.array(matrix)).tolist()
    # Contrast leads to one grey for the whole picture, that of its mean once it is brighter.
    grey = sum(value * share for value, share in zip(mean, LUMA, strict=True))
    added = (1 - color.contrast) * color.brightness * grey
    # Nine numbers: numpy's calls would take three times as long.
    rows = [
        (*(share * color.contrast * color.brightness for share in row), added * sum(row))
        for row in matrix
    ]
    return tuple(number for channel in color.channels for number in rows[channel])


def _saturation(factor: float) -> list[list[float]]:
    grey = [(1 - factor) * share for share in LUMA]
    return [[share + factor * (row == column) for column, share in enumerate(grey)]
            for row in range(3)]  # fmt: skip


def _hue(turns: float) -> npt.NDArray[np.float64]:
    """A turn about the axis of greys, which stay what they are."""
    c, s = cos(2 * pi * turns), sin(2 * pi * turns)
    turn = np.array([(1, 0, 0), (0, c, -s), (0, s, c)])
    return np.asarray(_FROM_YIQ @ turn @ _TO_YIQ)
