"""Classes of pixels laid over the picture they belong to, and as a file of ids."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.tasks.draw import below
from mobilenetv2.tasks.legend import LegendEntry, draw_legend
from mobilenetv2.tasks.lettering import BLACK, Color
from mobilenetv2.tasks.palette import class_color
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.segment import IGNORED, Mask, has_background

UNLABELED: Color = (224, 224, 192)
"""How pixels that are `IGNORED` are painted: as PASCAL VOC does it."""

LEGEND_WIDTH = 160
"""The least, in pixels."""


def draw_segmentation(pixels: Pixels, mask: Mask, labels: Sequence[str]) -> Image.Image:
    """The picture half under its classes' colors, their outlines, and a legend below.

    Args:
        pixels: uint8 [height, width, 3].
        mask: uint8 [height, width], ids of `labels`, or `IGNORED`.
        labels: one a class.
    """
    colors = mask_colors(labels)
    painted = pixels // 2 + colors[mask] // 2
    outline = _outline(mask, max(1, round(min(mask.shape) / 400)))
    painted[outline] = colors[mask[outline]]
    named = np.unique(mask).tolist()
    if has_background(labels):
        painted[mask == 0] = pixels[mask == 0]
        named = [index for index in named if index != 0]
    picture = Image.fromarray(painted)
    shares = np.bincount(mask.ravel(), minlength=256) / mask.size
    entries = [
        LegendEntry(f"{labels[index]} {_percent(shares[index])}", _as_color(colors[index]))
        for index in sorted(named, key=lambda index: -shares[index])
        if index < len(labels)
    ]
    return (
        below(picture, draw_legend(entries, max(LEGEND_WIDTH, picture.width)))
        if entries
        else picture
    )


def id_picture(mask: Mask, labels: Sequence[str]) -> Image.Image:
    """The mask as a palette picture: its values are the ids, its colors those of the drawing."""
    image = Image.fromarray(mask)
    image.putpalette(mask_colors(labels).tobytes())
    return image


def mask_colors(labels: Sequence[str]) -> npt.NDArray[np.uint8]:
    """[256, 3]: what an id is painted with; the background is black."""
    first = int(has_background(labels))
    colors = [BLACK] * first + [class_color(index) for index in range(IGNORED - first)]
    return np.array([*colors, UNLABELED], np.uint8)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"


def _as_color(values: npt.NDArray[np.uint8]) -> Color:
    red, green, blue = values.tolist()
    return red, green, blue


def _outline(mask: Mask, thickness: int) -> npt.NDArray[np.bool_]:
    """Pixels less than `thickness` from one of another class, up, down, left or right."""
    found = np.zeros(mask.shape, np.bool_)
    for distance in range(1, thickness + 1):
        below_differs = mask[distance:] != mask[:-distance]
        found[distance:] |= below_differs
        found[:-distance] |= below_differs
        right_differs = mask[:, distance:] != mask[:, :-distance]
        found[:, distance:] |= right_differs
        found[:, :-distance] |= right_differs
    return found
