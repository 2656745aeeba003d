"""Batches of pictures with masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.read_mask import Ids
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import resize
from mobilenetv2.train.batches import set_aside, stacked
from mobilenetv2.train.decoded import Decoded
from mobilenetv2.train.fitted import Fitted, kept_or_made
from mobilenetv2.train.order import Place
from mobilenetv2.train.segment.augment import augment_masked
from mobilenetv2.train.segment.kept_masks import kept_part, kept_whole
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Masked:
    """One picture of a batch."""

    image: Tensor
    """uint8 [3, height, width]."""
    mask: Tensor
    """uint8 [height, width]; of a picture to be judged by, in that picture's own size."""


@dataclass(frozen=True, slots=True)
class MaskBatch:
    """A `TaskBatch` of segmentation."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    masks: tuple[Tensor, ...]
    """N times uint8 [height, width]: of the images' size in training, else of the pictures' own."""
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.masks)


class TrainingMasks(Dataset[Masked | str]):
    """Augmented pictures by place; a string says why one cannot be used."""

    def __init__(
        self,
        data: MaskedPictures,
        meaning: MaskMeaning,
        recipe: SegmentationRecipe,
        *,
        size: tuple[int, int],
        deployed: Preprocessing,
        shelf: Shelf | None = None,
    ) -> None:
        self._data = data
        self._meaning = meaning
        self._recipe = recipe
        self._size = size
        self._deployed = deployed
        self._shelf = shelf

    def __getitem__(self, place: Place) -> Masked | str:
        """The picture's chance depends on the recipe's seed and on its place alone."""
        epoch, index = place
        picture, shelf = self._data.pictures[index], self._shelf
        read_ids = partial(self._meaning.read_part, picture)
        if shelf is not None and picture.mask is not None:
            read_ids = partial(kept_part, shelf, index, read_ids)
        try:
            image, mask = augment_masked(
                picture.path, read_ids,
                self._recipe.augmentation, size=self._size, deploy_size=self._deployed.size,
                random=np.random.default_rng((self._recipe.seed, epoch, index)),
                stretch=bool(self._deployed.stretch),
                decoded=None if shelf is None else Decoded(shelf, index),
            )  # fmt: skip
        except (ImageError, DatasetError) as error:
            return str(error)
        return Masked(image, mask)


class PreparedMasks(Dataset[Masked | str]):
    """Pictures as `predict` prepares them, up to normalization; masks as they are."""

    def __init__(
        self,
        data: MaskedPictures,
        meaning: MaskMeaning,
        preprocessing: Preprocessing,
        shelf: Shelf | None = None,
    ) -> None:
        self._data = data
        self._meaning = meaning
        self._preprocessing = preprocessing
        self._shelf = shelf

    def __getitem__(self, index: int) -> Masked | str:
        """One picture and its mask, or why it cannot be used."""
        picture = self._data.pictures[index]
        now: list[Ids] = []

        def make() -> Fitted:
            pixels, ids = self._meaning.read(picture, self._preprocessing)
            now.append(ids)
            return np.array(resize(pixels, self._preprocessing)), ids.shape[:2]

        try:
            image, _ = kept_or_made(self._shelf, index, make)
            read = partial(self._meaning.read_ids, picture)
            ids = kept_whole(self._shelf, index, read, now[0] if now else None)
        except (ImageError, DatasetError) as error:
            return str(error)
        return Masked(torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(ids))


def collate_masks(items: Sequence[Masked | str]) -> MaskBatch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found, unreadable = set_aside(items)
    return MaskBatch(
        stacked([item.image for item in found]), tuple(item.mask for item in found), unreadable
    )
