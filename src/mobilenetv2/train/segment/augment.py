"""What training pictures and their masks go through together: scale, cut or pad, mirror, color."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.datasets.read_mask import IGNORED, Ids, Values
from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.framing import fitted_size
from mobilenetv2.tasks.image import Picture
from mobilenetv2.train.decoded import Decoded
from mobilenetv2.train.recolor import jittered
from mobilenetv2.train.segment.recipe import MaskAugmentation
from mobilenetv2.train.view import View, part_of_mask, view


def augment_masked(
    picture: Picture,
    read_ids: Callable[[tuple[int, int], Callable[[Values], Values]], Ids],
    recipe: MaskAugmentation,
    *,
    size: tuple[int, int],
    deploy_size: tuple[int, int],
    random: np.random.Generator,
    stretch: bool = False,
    decoded: Decoded | None = None,
) -> tuple[Tensor, Tensor]:
    """One training picture and its mask, changed alike.

    Args:
        picture: as for `view`.
        read_ids: from the picture's (height, width), and what takes a part of a whole mask, to that
            part's ids, `IGNORED` among them.
        recipe: how strongly to change them.
        size: (height, width) of what comes out.
        deploy_size: (height, width) into which the finished network's pictures are fitted.
        random: the only source of chance; the same state gives the same picture.
        stretch: as for `view`, and so is
        decoded: .

    Returns:
        uint8 [3, height, width], its channels beside each other in memory, and uint8 [height,
        width]. What the picture does not fill, at the right or at the bottom, is grey, and
        `IGNORED` in the mask.

    Raises:
        ImageError: the picture cannot be read.
        DatasetError: the mask cannot.
    """
    ids = np.full(size, IGNORED, np.uint8)

    def choose(own: tuple[int, int]) -> View:
        (top, left, height, width), inner = draw_region(
            own, recipe.scale, size, deploy_size, random
        )
        region = (left, top, left + width, top + height)
        mirrored = random.random() < recipe.flip
        part = read_ids(own, lambda whole: part_of_mask(whole, region, inner, mirrored=mirrored))
        ids[: inner[0], : inner[1]] = part
        return View(region, inner, mirrored, color=jittered(recipe.color_jitter, random))

    shown = view(picture, choose, stretch=stretch, decoded=decoded)
    pixels = shown
    if shown.shape[:2] != size:
        pixels = np.full((*size, 3), PAD_VALUE, np.uint8)
        pixels[: shown.shape[0], : shown.shape[1]] = shown
    return torch.from_numpy(pixels).permute(2, 0, 1), torch.from_numpy(ids)


def draw_region(
    picture: tuple[int, int],
    scale: tuple[float, float],
    size: tuple[int, int],
    deploy_size: tuple[int, int],
    random: np.random.Generator,
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """Which part of a picture is shown, and how large.

    Returns:
        (top, left, height, width) within `picture`, and the (height, width), at most `size`, to
        which that part is resized.
    """
    factor = random.uniform(*scale)
    starts, lengths, targets = [], [], []
    for own, fitted, limit in zip(picture, fitted_size(picture, deploy_size), size, strict=True):
        scaled = max(1, round(fitted * factor))
        target = min(scaled, limit)
        length = min(own, max(1, round(own * target / scaled)))
        starts.append(int(random.integers(own - length + 1)))
        lengths.append(length)
        targets.append(target)
    return (starts[0], starts[1], lengths[0], lengths[1]), (targets[0], targets[1])
