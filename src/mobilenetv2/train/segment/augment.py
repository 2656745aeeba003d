"""What training pictures and their masks go through together: scale, cut or pad, mirror, color."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as transform

from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.framing import fitted_size
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.segment import IGNORED
from mobilenetv2.train.jitter import jitter
from mobilenetv2.train.segment.recipe import MaskAugmentation


def augment_masked(
    pixels: Pixels,
    mask: npt.NDArray[np.uint8],
    recipe: MaskAugmentation,
    *,
    size: tuple[int, int],
    deploy_size: tuple[int, int],
    random: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    """One training picture and its mask, changed alike.

    Args:
        pixels: RGB, uint8 [height, width, 3], any size.
        mask: ids, uint8 [height, width], `IGNORED` among them.
        recipe: how strongly to change them.
        size: (height, width) of what comes out.
        deploy_size: (height, width) into which the finished network's pictures are fitted.
        random: the only source of chance; the same state gives the same picture.

    Returns:
        uint8 [3, height, width] and uint8 [height, width]. What the picture does not fill, at the
        right or at the bottom, is grey, and `IGNORED` in the mask.
    """
    region, (inner_height, inner_width) = draw_region(
        (pixels.shape[0], pixels.shape[1]), recipe.scale, size, deploy_size, random
    )
    target = [inner_height, inner_width]
    picture = transform.resized_crop(
        torch.from_numpy(np.array(pixels)).permute(2, 0, 1), *region, target,
        interpolation=InterpolationMode.BILINEAR, antialias=True,
    )  # fmt: skip
    # "nearest" alone rounds down, which would move the mask by up to half a pixel.
    ids = transform.resized_crop(
        torch.from_numpy(np.array(mask))[None], *region, target,
        interpolation=InterpolationMode.NEAREST_EXACT,
    )[0]  # fmt: skip
    if random.random() < recipe.flip:
        picture, ids = picture.flip(2), ids.flip(1)
    if recipe.color_jitter:
        picture = jitter(picture, recipe.color_jitter, random)
    padded = torch.full((3, *size), PAD_VALUE, dtype=torch.uint8)
    padded[:, :inner_height, :inner_width] = picture
    padded_ids = torch.full(size, IGNORED, dtype=torch.uint8)
    padded_ids[:inner_height, :inner_width] = ids
    return padded, padded_ids


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
