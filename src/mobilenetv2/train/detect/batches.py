"""Batches of pictures with boxes, matched to anchors by the processes that decode."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.errors import ImageError
from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.boxes import Floats
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.train.batches import Place, set_aside, stacked
from mobilenetv2.train.detect.augment import Example, augment_boxes
from mobilenetv2.train.detect.matching import match
from mobilenetv2.train.detect.recipe import DetectionRecipe


@dataclass(frozen=True, slots=True)
class BoxBatch:
    """A `TaskBatch` of detection."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    classes: Tensor
    """What each anchor is to say, int64 [N, anchors]; see `matching.Targets`."""
    offsets: Tensor
    """float32 [N, anchors, 4]."""
    indices: tuple[int, ...]
    """Which pictures of the data set these are."""
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.indices)


@dataclass(frozen=True, slots=True)
class Matched:
    """One picture of a batch."""

    image: Tensor
    classes: Tensor
    offsets: Tensor
    index: int


@dataclass(frozen=True, slots=True)
class Matcher:
    """How pictures are brought to the network and boxes to its anchors."""

    preprocessing: Preprocessing
    head: SSD | SSDLite
    anchors: Floats
    """[anchors, 4] in shares of the input."""
    positive_iou: float

    def __call__(self, example: Example, index: int) -> Matched:
        """Resize a picture and match what it shows; boxes of no extent teach nothing."""
        left, top, right, bottom = seen_region(example.pixels.shape[:2], self.preprocessing)
        origin = np.array((left, top) * 2, np.float32)
        extent = np.array((right - left, bottom - top) * 2, np.float32)
        boxes = (example.boxes - origin) / extent
        real = (boxes[:, 2:] > boxes[:, :2]).all(1)
        targets = match(
            boxes[real], example.classes[real], example.ignored[real], self.anchors,
            positive_iou=self.positive_iou, scales=self.head.box_scales,
        )  # fmt: skip
        pixels = np.array(resize(example.pixels, self.preprocessing))
        return Matched(
            torch.from_numpy(pixels).permute(2, 0, 1),
            torch.from_numpy(targets.classes),
            torch.from_numpy(targets.offsets),
            index,
        )


class TrainingBoxes(Dataset[Matched | str]):
    """Augmented pictures by place; a string says why one cannot be read."""

    def __init__(self, data: BoxedPictures, matcher: Matcher, recipe: DetectionRecipe) -> None:
        self._data = data
        self._matcher = matcher
        self._recipe = recipe

    def __getitem__(self, place: Place) -> Matched | str:
        """The picture's chance depends on the recipe's seed and on its place alone."""
        epoch, index = place
        example = read_example(self._data.pictures[index])
        if isinstance(example, str):
            return example
        seed = np.random.default_rng((self._recipe.seed, epoch, index)).integers(2**63)
        augmented = augment_boxes(example, self._recipe.augmentation, int(seed))
        return self._matcher(augmented, index)


class PreparedBoxes(Dataset[Matched | str]):
    """Pictures as `predict` prepares them, up to normalization."""

    def __init__(self, data: BoxedPictures, matcher: Matcher) -> None:
        self._data = data
        self._matcher = matcher

    def __getitem__(self, index: int) -> Matched | str:
        """One picture and what its anchors should say."""
        example = read_example(self._data.pictures[index])
        return example if isinstance(example, str) else self._matcher(example, index)


def read_example(picture: BoxedPicture) -> Example | str:
    """The picture with its boxes, or why it cannot be read."""
    try:
        pixels = decode(picture.path)
    except ImageError as error:
        return str(error)
    return Example(pixels, picture.boxes, picture.classes, picture.ignored)


def collate_boxes(items: Sequence[Matched | str]) -> BoxBatch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found, unreadable = set_aside(items)
    none = torch.empty(0, dtype=torch.int64)
    return BoxBatch(
        images=stacked([item.image for item in found]),
        classes=torch.stack([item.classes for item in found]) if found else none,
        offsets=torch.stack([item.offsets for item in found]) if found else none,
        indices=tuple(item.index for item in found),
        unreadable=unreadable,
    )
