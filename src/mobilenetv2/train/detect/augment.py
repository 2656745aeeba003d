"""What training pictures with boxes go through: SSD's augmentation, by torchvision's transforms."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.boxes import Floats
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.detect.recipe import BoxAugmentation

SMALLEST_SIDE = 1.0
"""Pixels; what a crop leaves of a box below this is no example of anything."""


@dataclass(frozen=True, slots=True)
class Example:
    """A picture and its boxes."""

    pixels: Pixels
    """RGB, uint8 [height, width, 3]."""
    boxes: Floats
    """[boxes, 4]: (left, top, right, bottom) in pixels."""
    classes: npt.NDArray[np.int64]
    ignored: npt.NDArray[np.bool_]


def augment_boxes(example: Example, recipe: BoxAugmentation, seed: int) -> Example:
    """Change a picture and its boxes together.

    Args:
        example: with any number of boxes, none included.
        recipe: how strongly.
        seed: the only source of chance; torch's global state is left as it was.

    Returns:
        A picture of another size, perhaps; boxes whose middle was cut off are gone.
    """
    height, width = example.pixels.shape[:2]
    picture = tv_tensors.Image(torch.from_numpy(np.array(example.pixels)).permute(2, 0, 1))
    boxes = tv_tensors.BoundingBoxes(
        torch.from_numpy(example.boxes), format="XYXY", canvas_size=(height, width)
    )
    target = {
        "boxes": boxes,
        "classes": torch.from_numpy(example.classes),
        "ignored": torch.from_numpy(example.ignored),
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        picture, target = _transform(recipe, len(boxes) > 0)(picture, target)
    return Example(
        picture.permute(1, 2, 0).numpy(),
        target["boxes"].numpy().astype(np.float32),
        target["classes"].numpy(),
        target["ignored"].numpy(),
    )


def _transform(recipe: BoxAugmentation, has_boxes: bool) -> v2.Transform:
    steps: list[v2.Transform] = []
    if recipe.photometric:
        steps.append(v2.RandomPhotometricDistort(p=recipe.photometric))
    if recipe.zoom_out and recipe.largest_canvas > 1:
        sides = (1.0, recipe.largest_canvas)
        steps.append(v2.RandomZoomOut(fill=PAD_VALUE, side_range=sides, p=recipe.zoom_out))
    # Without boxes there is nothing for a crop to hold on to, and torchvision would try 40 times.
    if has_boxes and recipe.iou_crop:
        steps.append(v2.RandomApply([v2.RandomIoUCrop()], p=recipe.iou_crop))
    steps.append(v2.RandomHorizontalFlip(recipe.flip))
    steps.append(v2.RandomVerticalFlip(recipe.vertical_flip))
    steps.append(v2.ClampBoundingBoxes())
    steps.append(v2.SanitizeBoundingBoxes(min_size=SMALLEST_SIDE, labels_getter=_belongings))
    return v2.Compose(steps)


def _belongings(sample: tuple[Tensor, dict[str, Tensor]]) -> tuple[Tensor, Tensor]:
    """What is dropped together with a box."""
    return sample[1]["classes"], sample[1]["ignored"]
