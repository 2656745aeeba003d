"""What training pictures with boxes go through: SSD's augmentation (arXiv 1512.02325, section 2.2).

Everything is drawn before a pixel is looked at: canvas, crop and mirrors are one region of the
picture, and the colors are changed once it has the network's size.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.tasks.boxes import Floats
from mobilenetv2.tasks.framing import Region
from mobilenetv2.train.detect.recipe import BoxAugmentation
from mobilenetv2.train.recolor import UNCHANGED, Recolor

SMALLEST_SIDE = 1.0
"""Pixels; what a crop leaves of a box below this is no example of anything."""

LEAST_OVERLAPS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
"""With some box, of which one is drawn for a crop; 1 is the whole picture."""

SMALLEST_CROP = 0.3
"""Of the picture's sides."""
CROP_RATIOS = (0.5, 2.0)
ATTEMPTS = 40
"""Crops drawn for one least overlap before another is drawn."""

BRIGHTNESS = (0.875, 1.125)
CONTRAST = SATURATION = (0.5, 1.5)
HUE = (-0.05, 0.05)


@dataclass(frozen=True, slots=True)
class Objects:
    """What is in a picture."""

    boxes: Floats
    """[boxes, 4]: (left, top, right, bottom) in pixels."""
    classes: npt.NDArray[np.int64]
    ignored: npt.NDArray[np.bool_]

    def among(self, kept: npt.NDArray[np.bool_], boxes: Floats) -> "Objects":
        """Those that are kept, with these boxes."""
        return Objects(boxes[kept], self.classes[kept], self.ignored[kept])


@dataclass(frozen=True, slots=True)
class Change:
    """What of a picture is shown, and what is in that."""

    region: Region
    """In pixels of the picture; what lies beyond it is grey."""
    objects: Objects
    """In pixels of the region once it is mirrored."""
    mirrored: bool = False
    upside_down: bool = False
    color: Recolor = UNCHANGED

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the region in pixels of the picture."""
        left, top, right, bottom = self.region
        return round(bottom - top), round(right - left)


def draw_change(
    size: tuple[int, int], objects: Objects, recipe: BoxAugmentation, random: np.random.Generator
) -> Change:
    """How a picture and its boxes are changed together; boxes whose middle is cut off are gone.

    Args:
        size: (height, width) of the picture.
        objects: any number of them, none included.
        recipe: how strongly.
        random: the only source of chance.
    """
    color = _draw_color(recipe.photometric, random)
    left, top, width, height = 0, 0, size[1], size[0]
    if random.random() < recipe.zoom_out and recipe.largest_canvas > 1:
        ratio = random.uniform(1, recipe.largest_canvas)
        canvas = int(width * ratio), int(height * ratio)
        left, top = (
            -int((whole - own) * random.random())
            for whole, own in zip(canvas, (width, height), strict=True)
        )
        width, height = canvas
    # Without boxes there is nothing for a crop to hold on to.
    if len(objects.boxes) and random.random() < recipe.iou_crop:
        inside = objects.boxes - np.array((left, top) * 2, np.float32)
        x, y, width, height = _draw_crop(width, height, inside, random)
        left, top = left + x, top + y
    mirrored = random.random() < recipe.flip
    upside_down = random.random() < recipe.vertical_flip
    region = (float(left), float(top), float(left + width), float(top + height))
    shown = _moved(objects, region, mirrored, upside_down)
    return Change(region, shown, mirrored, upside_down, color)


def _moved(objects: Objects, region: Region, mirrored: bool, upside_down: bool) -> Objects:
    """Objects in a region's pixels: those of which the middle and more than a pixel is left."""
    left, top, right, bottom = region
    middles = (objects.boxes[:, :2] + objects.boxes[:, 2:]) / 2
    seen = ((middles > (left, top)) & (middles < (right, bottom))).all(1)
    boxes = np.clip(objects.boxes, (left, top) * 2, (right, bottom) * 2)
    boxes = boxes - np.array((left, top) * 2)
    if mirrored:
        boxes[:, [0, 2]] = right - left - boxes[:, [2, 0]]
    if upside_down:
        boxes[:, [1, 3]] = bottom - top - boxes[:, [3, 1]]
    large = (boxes[:, 2:] - boxes[:, :2] >= SMALLEST_SIDE).all(1)
    return objects.among(seen & large, boxes.astype(np.float32))


def _draw_crop(
    width: int, height: int, boxes: Floats, random: np.random.Generator
) -> tuple[int, int, int, int]:
    """(left, top, width, height) that overlaps some box by what was drawn, or all there is.

    All attempts are drawn and judged at once; the first that will do is taken.
    """
    while True:
        least = LEAST_OVERLAPS[int(random.integers(len(LEAST_OVERLAPS)))]
        if least >= 1:
            return 0, 0, width, height
        drawn = random.random((ATTEMPTS, 4))
        sides = np.floor((SMALLEST_CROP + (1 - SMALLEST_CROP) * drawn[:, :2]) * (width, height))
        starts = np.floor(((width, height) - sides) * drawn[:, 2:])
        crops = np.concatenate([starts, starts + sides], 1)
        fits = (sides >= 1).all(1)
        ratios = sides[:, 0] / np.maximum(sides[:, 1], 1)
        fits &= (ratios >= CROP_RATIOS[0]) & (ratios <= CROP_RATIOS[1])
        fits &= _largest_overlaps(crops, boxes) >= max(least, 1e-9)
        if fits.any():
            left, top, right, bottom = crops[fits.argmax()].astype(int).tolist()
            return left, top, right - left, bottom - top


def _largest_overlaps(crops: npt.NDArray[np.float64], boxes: Floats) -> npt.NDArray[np.float64]:
    """[crops]: the largest IoU with a box whose middle lies in the crop; 0 where none does."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    within = ((middles > crops[:, None, :2]) & (middles < crops[:, None, 2:])).all(2)
    shared = np.minimum(boxes[:, 2:], crops[:, None, 2:]) - np.maximum(
        boxes[:, :2], crops[:, None, :2]
    )
    areas = np.maximum(shared, 0).prod(2)
    own = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    whole = (crops[:, 2:] - crops[:, :2]).prod(1)
    overlaps = areas / np.maximum(own + whole[:, None] - areas, 1e-9)
    return np.asarray(np.where(within, overlaps, 0.0).max(1))


def _draw_color(chance: float, random: np.random.Generator) -> Recolor:
    """Each change by itself."""
    if not chance:
        return UNCHANGED
    drawn = random.random(5) < chance
    values = [random.uniform(*limits) for limits in (BRIGHTNESS, CONTRAST, SATURATION, HUE)]
    brightness, contrast, saturation, hue = (
        value if done else usual
        for value, done, usual in zip(values, drawn, (1.0, 1.0, 1.0, 0.0), strict=False)
    )
    first, second, third = (int(place) for place in random.permutation(3))
    channels = (first, second, third) if drawn[4] else UNCHANGED.channels
    return Recolor(brightness, contrast, saturation, hue, channels)
