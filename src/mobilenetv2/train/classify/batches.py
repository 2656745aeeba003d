"""Batches of pictures with one right answer each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import as_image, fitted
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.stretch import as_taught
from mobilenetv2.train.batches import set_aside, stacked
from mobilenetv2.train.classify.augment import augment
from mobilenetv2.train.classify.recipe import Augmentation
from mobilenetv2.train.order import Place


@dataclass(frozen=True, slots=True)
class Batch:
    """A `TaskBatch` of classification."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    targets: Tensor
    """Class indices, int64 [N]."""
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.targets)


class TrainingPictures(Dataset[tuple[Tensor, int] | str]):
    """Augmented pictures by place; a string says why one cannot be read."""

    def __init__(
        self,
        pictures: LabeledPictures,
        preprocessing: Preprocessing,
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        self._pictures = pictures
        self._preprocessing = preprocessing
        self._augmentation = augmentation
        self._seed = seed

    def __getitem__(self, place: Place) -> tuple[Tensor, int] | str:
        """uint8 [3, height, width] and the class's index."""
        epoch, index = place
        random = np.random.default_rng((self._seed, epoch, index))
        path = self._pictures.paths[index]
        try:
            picture = augment(path, self._augmentation, self._preprocessing, random)
        except ImageError as error:
            return str(error)
        return picture, self._pictures.targets[index]


class PreparedPictures(Dataset[tuple[Tensor, int] | str]):
    """Pictures as `predict` prepares them, up to normalization."""

    def __init__(self, pictures: LabeledPictures, preprocessing: Preprocessing) -> None:
        self._pictures = pictures
        self._preprocessing = preprocessing

    def __getitem__(self, index: int) -> tuple[Tensor, int] | str:
        """uint8 [3, height, width] and the class's index."""
        try:
            image, _ = as_image(as_taught(self._pictures.paths[index], self._preprocessing))
        except ImageError as error:
            return str(error)
        pixels = np.array(fitted(image, self._preprocessing))
        return torch.from_numpy(pixels).permute(2, 0, 1), self._pictures.targets[index]


def collate(items: Sequence[tuple[Tensor, int] | str]) -> Batch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found, unreadable = set_aside(items)
    targets = torch.tensor([target for _, target in found], dtype=torch.int64)
    return Batch(stacked([image for image, _ in found]), targets, unreadable)
