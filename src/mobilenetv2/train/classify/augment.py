"""What training pictures go through: a function of the picture, the recipe and random numbers."""

import math

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import Picture
from mobilenetv2.train.classify.recipe import Augmentation
from mobilenetv2.train.decoded import Decoded
from mobilenetv2.train.processes import ALONE, Processes
from mobilenetv2.train.recolor import jittered
from mobilenetv2.train.view import View, view

CROP_ATTEMPTS = 10
"""Shapes drawn before the whole picture is taken; torchvision's figure."""

GREY = 128


def augment(
    picture: Picture,
    recipe: Augmentation,
    preprocessing: Preprocessing,
    random: np.random.Generator,
    decoded: Decoded | None = None,
) -> Tensor:
    """One training picture.

    Args:
        picture: anything that `tasks.image.decode` takes.
        recipe: how strongly to change it.
        preprocessing: whose size it gets, whose fit decides what a crop's shape relates to, and
            whether it is stretched.
        random: the only source of chance; the same state gives the same picture.
        decoded: as for `view`.

    Returns:
        uint8 [3, height, width], its channels beside each other in memory.

    Raises:
        ImageError: the picture cannot be read.
    """
    relative = preprocessing.fit == "squash"

    def choose(size: tuple[int, int]) -> View:
        top, left, height, width = draw_crop(size, recipe, relative, random)
        region = (left, top, left + width, top + height)
        mirrored = random.random() < recipe.flip
        color = jittered(recipe.color_jitter, random)
        return View(region, preprocessing.size, mirrored, color=color)

    shown = view(picture, choose, stretch=bool(preprocessing.stretch), decoded=decoded)
    result = torch.from_numpy(shown).permute(2, 0, 1)
    return erase(result, random) if random.random() < recipe.erasing else result


def draw_crop(
    size: tuple[int, ...], recipe: Augmentation, relative: bool, random: np.random.Generator
) -> tuple[int, int, int, int]:
    """(top, left, height, width) of a random part of a picture of `size` (height, width).

    The ratio of sides is relative to the picture's own if `relative`, else to a square.
    """
    height, width = size[0], size[1]
    own = width / height if relative else 1.0
    low, high = (math.log(ratio) for ratio in recipe.crop_ratio)
    for _ in range(CROP_ATTEMPTS):
        area = height * width * random.uniform(*recipe.crop_scale)
        ratio = own * math.exp(random.uniform(low, high))
        crop_width, crop_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < crop_width <= width and 0 < crop_height <= height:
            top = int(random.integers(height - crop_height + 1))
            left = int(random.integers(width - crop_width + 1))
            return top, left, crop_height, crop_width
    return _largest(height, width, own, recipe.crop_ratio)


def _largest(
    height: int, width: int, own: float, ratios: tuple[float, float]
) -> tuple[int, int, int, int]:
    """The largest central part of an allowed shape: what is left for a panorama."""
    ratio = min(max(width / height, own * ratios[0]), own * ratios[1])
    crop_width = max(1, min(width, round(height * ratio)))
    crop_height = max(1, min(height, round(width / ratio)))
    return (height - crop_height) // 2, (width - crop_width) // 2, crop_height, crop_width


def erase(picture: Tensor, random: np.random.Generator) -> Tensor:
    """Paint a rectangle of 2 to 20 % of the picture grey (random erasing, arXiv 1708.04896)."""
    _, height, width = picture.shape
    area = height * width * random.uniform(0.02, 0.2)
    ratio = math.exp(random.uniform(math.log(1 / 3), math.log(3)))
    tall = min(height, max(1, round(math.sqrt(area / ratio))))
    wide = min(width, max(1, round(math.sqrt(area * ratio))))
    top, left = int(random.integers(height - tall + 1)), int(random.integers(width - wide + 1))
    painted = picture.clone()
    painted[:, top : top + tall, left : left + wide] = GREY
    return painted


def mix(
    images: Tensor,
    targets: Tensor,
    recipe: Augmentation,
    random: np.random.Generator,
    processes: Processes = ALONE,
) -> tuple[Tensor, Tensor]:
    """Mixup (arXiv 1710.09412) or cutmix (arXiv 1905.04899) of a batch with itself, shuffled.

    Args:
        images: float [N, 3, height, width].
        targets: probabilities, float [N, classes].
        recipe: the strength of either; where both are asked for, a batch gets one by chance.
        random: the only source of chance.
        processes: over all of whose pictures is shuffled.
    """
    kinds = [kind for kind in ("mixup", "cutmix") if getattr(recipe, kind)]
    if not kinds:
        return images, targets
    kind = kinds[int(random.integers(len(kinds)))]
    share = float(random.beta(getattr(recipe, kind), getattr(recipe, kind)))
    rows = processes.rows(len(images))
    mine = random.permutation(rows.whole)[rows.first : rows.first + len(images)]
    other = torch.from_numpy(mine).to(images.device)
    others = processes.everyones(images)[other]
    if kind == "mixup":
        mixed = images.lerp(others, 1 - share)
    else:
        mixed, share = _cut(images, others, share, random)
    return mixed, targets.lerp(processes.everyones(targets)[other], 1 - share)


def _cut(
    images: Tensor, others: Tensor, share: float, random: np.random.Generator
) -> tuple[Tensor, float]:
    """A rectangle of about 1 - `share` of the area comes from `others`; and the true share."""
    height, width = images.shape[2:]
    side = math.sqrt(1 - share)
    row, column = int(random.integers(height)), int(random.integers(width))
    top, bottom = (min(max(row + round(sign * side * height / 2), 0), height) for sign in (-1, 1))
    left, right = (min(max(column + round(sign * side * width / 2), 0), width) for sign in (-1, 1))
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = others[:, :, top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)
