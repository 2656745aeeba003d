"""Batches of pictures with boxes, matched to anchors by the processes that decode."""

from collections.abc import Callable, Sequence
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
from mobilenetv2.tasks.framing import Region, seen_region
from mobilenetv2.tasks.image import as_image, fitted
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.stretch import as_taught
from mobilenetv2.train.batches import set_aside, stacked, together
from mobilenetv2.train.decoded import Decoded
from mobilenetv2.train.detect.augment import Change, Objects, draw_change
from mobilenetv2.train.detect.matching import match
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.fitted import Fitted, kept_or_made
from mobilenetv2.train.order import Place
from mobilenetv2.train.shelf import Shelf
from mobilenetv2.train.view import View, view


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

    def whole(self, picture: BoxedPicture, index: int, shelf: Shelf | None = None) -> Matched:
        """A picture as `predict` prepares it, and what its anchors should say.

        It is kept on a shelf as `kept_or_made` says.

        Raises:
            ImageError: it cannot be read.
        """

        def make() -> Fitted:
            image, size = as_image(as_taught(picture.path, self.preprocessing))
            # Pillow's own memory is not to be written to, and torch asks for what is.
            return np.array(fitted(image, self.preprocessing)), size

        pixels, size = kept_or_made(shelf, index, make)
        seen = seen_region(size, self.preprocessing)
        return self._matched(pixels, objects_of(picture), seen, index)

    def changed(
        self,
        picture: BoxedPicture,
        index: int,
        draw: Callable[[tuple[int, int]], Change],
        decoded: Decoded | None = None,
    ) -> Matched:
        """A picture changed as drawn, from its (height, width), and what its anchors should say.

        What decoding gave is kept as `view` says.

        Raises:
            ImageError: it cannot be read.
        """
        drawn: list[Change] = []

        def choose(size: tuple[int, int]) -> View:
            change = draw(size)
            drawn.append(change)
            region = _seen_of(change, self.preprocessing)
            return View(
                region, self.preprocessing.size, change.mirrored, change.upside_down, change.color
            )

        stretch = bool(self.preprocessing.stretch)
        pixels = view(picture.path, choose, stretch=stretch, decoded=decoded)
        (change,) = drawn
        return self._matched(
            pixels, change.objects, seen_region(change.size, self.preprocessing), index
        )

    def _matched(self, pixels: Pixels, objects: Objects, seen: Region, index: int) -> Matched:
        """Match what a region holds to the anchors; boxes of no extent teach nothing."""
        left, top, right, bottom = seen
        origin = np.array((left, top) * 2, np.float32)
        extent = np.array((right - left, bottom - top) * 2, np.float32)
        boxes = (objects.boxes - origin) / extent
        real = (boxes[:, 2:] > boxes[:, :2]).all(1)
        targets = match(
            boxes[real], objects.classes[real], objects.ignored[real], self.anchors,
            positive_iou=self.positive_iou, scales=self.head.box_scales,
        )  # fmt: skip
        return Matched(
            torch.from_numpy(pixels).permute(2, 0, 1),
            torch.from_numpy(targets.classes),
            torch.from_numpy(targets.offsets),
            index,
        )


class TrainingBoxes(Dataset[Matched | str]):
    """Augmented pictures by place; a string says why one cannot be read."""

    def __init__(
        self,
        data: BoxedPictures,
        matcher: Matcher,
        recipe: DetectionRecipe,
        shelf: Shelf | None = None,
    ) -> None:
        self._data = data
        self._matcher = matcher
        self._recipe = recipe
        self._shelf = shelf

    def __getitem__(self, place: Place) -> Matched | str:
        """The picture's chance depends on the recipe's seed and on its place alone."""
        epoch, index = place
        picture = self._data.pictures[index]
        random = np.random.default_rng((self._recipe.seed, epoch, index))
        decoded = None if self._shelf is None else Decoded(self._shelf, index)

        def draw(size: tuple[int, int]) -> Change:
            return draw_change(size, objects_of(picture), self._recipe.augmentation, random)

        try:
            return self._matcher.changed(picture, index, draw, decoded)
        except ImageError as error:
            return str(error)


class PreparedBoxes(Dataset[Matched | str]):
    """Pictures as `predict` prepares them, up to normalization."""

    def __init__(self, data: BoxedPictures, matcher: Matcher, shelf: Shelf | None = None) -> None:
        self._data = data
        self._matcher = matcher
        self._shelf = shelf

    def __getitem__(self, index: int) -> Matched | str:
        """One picture and what its anchors should say."""
        try:
            return self._matcher.whole(self._data.pictures[index], index, self._shelf)
        except ImageError as error:
            return str(error)


def objects_of(picture: BoxedPicture) -> Objects:
    """What is in a picture."""
    return Objects(picture.boxes, picture.classes, picture.ignored)


def _seen_of(change: Change, preprocessing: Preprocessing) -> Region:
    """What the network sees of a changed picture, in pixels of the picture before its mirrors."""
    height, width = change.size
    left, top, right, bottom = seen_region(change.size, preprocessing)
    if change.mirrored:
        left, right = width - right, width - left
    if change.upside_down:
        top, bottom = height - bottom, height - top
    x, y = change.region[:2]
    return x + left, y + top, x + right, y + bottom


def collate_boxes(items: Sequence[Matched | str]) -> BoxBatch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found, unreadable = set_aside(items)
    none = torch.empty(0, dtype=torch.int64)
    return BoxBatch(
        images=stacked([item.image for item in found]),
        classes=together([item.classes for item in found]) if found else none,
        offsets=together([item.offsets for item in found]) if found else none,
        indices=tuple(item.index for item in found),
        unreadable=unreadable,
    )
