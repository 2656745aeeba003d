"""Batches of pictures with masks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import resize
from mobilenetv2.train.classify.batches import Order, Place, loader
from mobilenetv2.train.segment.augment import augment_masked
from mobilenetv2.train.segment.recipe import SegmentationRecipe


@dataclass(frozen=True, slots=True)
class Masked:
    """One picture of a batch."""

    image: Tensor
    """uint8 [3, height, width]."""
    mask: Tensor
    """uint8 [height, width]; of a picture to be judged by, in that picture's own size."""


@dataclass(frozen=True, slots=True)
class MaskBatch:
    """Some pictures of one step. Unreadable ones are missing, so there may be fewer, or none."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    masks: tuple[Tensor, ...]
    """N times uint8 [height, width]: of the images' size in training, else of the pictures' own."""
    unreadable: tuple[str, ...] = ()
    """What was wrong, one message a picture."""


class TrainingMasks(Dataset[Masked | str]):
    """Augmented pictures by place; a string says why one cannot be used."""

    def __init__(
        self,
        data: MaskedPictures,
        meaning: MaskMeaning,
        recipe: SegmentationRecipe,
        *,
        size: tuple[int, int],
        deploy_size: tuple[int, int],
    ) -> None:
        self._data = data
        self._meaning = meaning
        self._recipe = recipe
        self._size = size
        self._deploy_size = deploy_size

    def __getitem__(self, place: Place) -> Masked | str:
        """The picture's chance depends on the recipe's seed and on its place alone."""
        epoch, index = place
        try:
            pixels, ids = self._meaning.read(self._data.pictures[index])
        except (ImageError, DatasetError) as error:
            return str(error)
        image, mask = augment_masked(
            pixels, ids, self._recipe.augmentation,
            size=self._size, deploy_size=self._deploy_size,
            random=np.random.default_rng((self._recipe.seed, epoch, index)),
        )  # fmt: skip
        return Masked(image, mask)


class PreparedMasks(Dataset[Masked | str]):
    """Pictures as `predict` prepares them, up to normalization; masks as they are."""

    def __init__(
        self, data: MaskedPictures, meaning: MaskMeaning, preprocessing: Preprocessing
    ) -> None:
        self._data = data
        self._meaning = meaning
        self._preprocessing = preprocessing

    def __getitem__(self, index: int) -> Masked | str:
        """One picture and its mask, or why it cannot be used."""
        try:
            pixels, ids = self._meaning.read(self._data.pictures[index])
        except (ImageError, DatasetError) as error:
            return str(error)
        image = np.array(resize(pixels, self._preprocessing))
        return Masked(torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(ids))


def training_mask_batches(
    pictures: TrainingMasks, order: Order, first_step: int, workers: int
) -> Iterator[MaskBatch]:
    """Batches from `first_step` on, without end."""
    places = (order.places(step) for step in count(first_step))
    return iter(loader(pictures, workers, places, collate_masks))


def prepared_mask_batches(
    data: MaskedPictures,
    meaning: MaskMeaning,
    preprocessing: Preprocessing,
    batch_size: int,
    workers: int,
) -> Iterator[MaskBatch]:
    """Every picture once, in order.

    Raises:
        DatasetError: not one picture can be used.
    """
    size = len(data.pictures)
    places = (list(range(i, min(i + batch_size, size))) for i in range(0, size, batch_size))
    readable = 0
    messages: list[str] = []
    pictures = PreparedMasks(data, meaning, preprocessing)
    for batch in loader(pictures, workers, places, collate_masks):
        readable += len(batch.masks)
        messages += batch.unreadable
        yield batch
    if not readable:
        raise DatasetError(
            f"{data.name} ({data.split}): no picture with its mask can be read; the first: "
            + messages[0]
        )


def collate_masks(items: Sequence[Masked | str]) -> MaskBatch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found = [item for item in items if not isinstance(item, str)]
    return MaskBatch(
        images=torch.stack([item.image for item in found]) if found else torch.empty(0, 3, 1, 1),
        masks=tuple(item.mask for item in found),
        unreadable=tuple(item for item in items if isinstance(item, str)),
    )
