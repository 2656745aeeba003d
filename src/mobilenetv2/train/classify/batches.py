"""Batches of pictures with one right answer each, or with several labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mobilenetv2.engine.resample import natively_fitted
from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.image import as_image
from mobilenetv2.tasks.stretch import as_taught
from mobilenetv2.train.batches import set_aside, stacked
from mobilenetv2.train.classify.augment import augment
from mobilenetv2.train.classify.recipe import Augmentation
from mobilenetv2.train.decoded import Decoded
from mobilenetv2.train.fitted import Fitted, kept_or_made
from mobilenetv2.train.order import Place
from mobilenetv2.train.shelf import Shelf

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """A `TaskBatch` of classification."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    targets: Tensor
    """Class indices, int64 [N]; of several labels a picture 1 and 0 each, float32 [N, labels]."""
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.targets)


class Answered(Protocol[T_co]):
    """Pictures with their right answers, of whatever kind."""

    @property
    def paths(self) -> Sequence[PictureFile]:
        """The files."""
        ...

    @property
    def targets(self) -> Sequence[T_co]:
        """An answer a file."""
        ...


class TrainingPictures(Dataset[tuple[Tensor, T] | str], Generic[T]):
    """Augmented pictures by place; a string says why one cannot be read."""

    def __init__(
        self,
        pictures: Answered[T],
        preprocessing: Preprocessing,
        augmentation: Augmentation,
        seed: int,
        shelf: Shelf | None = None,
    ) -> None:
        self._pictures = pictures
        self._preprocessing = preprocessing
        self._augmentation = augmentation
        self._seed = seed
        self._shelf = shelf

    def __getitem__(self, place: Place) -> tuple[Tensor, T] | str:
        """uint8 [3, height, width] and the right answer."""
        epoch, index = place
        random = np.random.default_rng((self._seed, epoch, index))
        path = self._pictures.paths[index]
        decoded = None if self._shelf is None else Decoded(self._shelf, index)
        try:
            picture = augment(path, self._augmentation, self._preprocessing, random, decoded)
        except ImageError as error:
            return str(error)
        return picture, self._pictures.targets[index]


class PreparedPictures(Dataset[tuple[Tensor, T] | str], Generic[T]):
    """Pictures as `predict` prepares them, up to normalization."""

    def __init__(
        self, pictures: Answered[T], preprocessing: Preprocessing, shelf: Shelf | None = None
    ) -> None:
        self._pictures = pictures
        self._preprocessing = preprocessing
        self._shelf = shelf

    def __getitem__(self, index: int) -> tuple[Tensor, T] | str:
        """uint8 [3, height, width] and the right answer."""
        try:
            pixels, _ = kept_or_made(self._shelf, index, partial(self._fitted, index))
        except ImageError as error:
            return str(error)
        return torch.from_numpy(pixels).permute(2, 0, 1), self._pictures.targets[index]

    def _fitted(self, index: int) -> Fitted:
        image, size = as_image(as_taught(self._pictures.paths[index], self._preprocessing))
        return np.array(natively_fitted(image, self._preprocessing)), size


def collate(items: Sequence[tuple[Tensor, int] | str]) -> Batch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found, unreadable = set_aside(items)
    targets = torch.tensor([target for _, target in found], dtype=torch.int64)
    return Batch(stacked([image for image, _ in found]), targets, unreadable)


def collate_labels(labels: int, items: Sequence[tuple[Tensor, tuple[int, ...]] | str]) -> Batch:
    """The same of pictures with several labels, of which there are so many."""
    found, unreadable = set_aside(items)
    targets = torch.zeros(len(found), labels)
    for row, (_, target) in enumerate(found):
        targets[row, list(target)] = 1
    return Batch(stacked([image for image, _ in found]), targets, unreadable)
