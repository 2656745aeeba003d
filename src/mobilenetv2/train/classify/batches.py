"""Batches of training pictures: which pictures a step sees depends on seed and step alone."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.classify.augment import augment
from mobilenetv2.train.classify.recipe import Augmentation

Item = TypeVar("Item")
B = TypeVar("B")
Place = tuple[int, int]
"""(epoch, index): together with the seed all that a training picture's chance depends on."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures of one step. Unreadable ones are missing, so there may be fewer, or none."""

    images: Tensor
    """uint8 [N, 3, height, width]."""
    targets: Tensor
    """Class indices, int64 [N]."""
    unreadable: tuple[str, ...] = ()
    """What was wrong, one message a picture."""


@dataclass(frozen=True, slots=True)
class Order:
    """In which order pictures come: shuffled anew every epoch, the incomplete batch left out."""

    pictures: int
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """At least one, even if there are fewer pictures than a batch holds."""
        return max(1, self.pictures // self.batch_size)

    def places(self, step: int) -> list[Place]:
        """The pictures of a step, counted from 0 over all epochs."""
        epoch, within = divmod(step, self.steps_per_epoch)
        start = within * self.batch_size
        indices = _permutation(self.pictures, self.seed, epoch)[start : start + self.batch_size]
        return [(epoch, int(index)) for index in indices]


@lru_cache(maxsize=2)
def _permutation(
    pictures: int, seed: int, epoch: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng((seed, epoch)).permutation(pictures)


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
        try:
            pixels = decode(self._pictures.paths[index])
        except ImageError as error:
            return str(error)
        random = np.random.default_rng((self._seed, epoch, index))
        picture = augment(pixels, self._augmentation, self._preprocessing, random)
        return picture, self._pictures.targets[index]


class PreparedPictures(Dataset[tuple[Tensor, int] | str]):
    """Pictures as `predict` prepares them, up to normalization."""

    def __init__(self, pictures: LabeledPictures, preprocessing: Preprocessing) -> None:
        self._pictures = pictures
        self._preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self._pictures.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int] | str:
        """uint8 [3, height, width] and the class's index."""
        try:
            pixels = resize(decode(self._pictures.paths[index]), self._preprocessing)
        except ImageError as error:
            return str(error)
        return torch.from_numpy(np.array(pixels)).permute(2, 0, 1), self._pictures.targets[index]


def training_batches(
    pictures: TrainingPictures, order: Order, first_step: int, workers: int
) -> Iterator[Batch]:
    """Batches from `first_step` on, without end."""
    places = (order.places(step) for step in count(first_step))
    return iter(loader(pictures, workers, places, collate))


def prepared_batches(
    pictures: LabeledPictures, preprocessing: Preprocessing, batch_size: int, workers: int
) -> Iterator[Batch]:
    """Every picture once, in order.

    Raises:
        DatasetError: not one picture can be read.
    """
    readable = 0
    messages: list[str] = []
    dataset = PreparedPictures(pictures, preprocessing)
    size = len(dataset)
    places = (list(range(i, min(i + batch_size, size))) for i in range(0, size, batch_size))
    for batch in loader(dataset, workers, places, collate):
        readable += len(batch.targets)
        messages += batch.unreadable
        yield batch
    if not readable:
        raise DatasetError(f"{pictures.name}: no picture can be read; the first: {messages[0]}")


def loader(
    dataset: Dataset[Item],
    workers: int,
    places: Iterable[list[Any]],
    collate: Callable[[Sequence[Item]], B],
) -> Iterable[B]:
    """Batches of items, made by `workers` processes that leave Ctrl-C to the parent.

    Args:
        dataset: gives an item for each place.
        workers: how many processes; with 0 this one does the work.
        places: of the items of each batch, in order.
        collate: makes a batch of items.
    """
    return DataLoader(
        dataset,
        batch_sampler=places,
        num_workers=workers,
        collate_fn=collate,
        worker_init_fn=_leave_interrupts_to_the_parent,
    )


def collate(items: Sequence[tuple[Tensor, int] | str]) -> Batch:
    """Pictures of one size as a batch; messages instead of pictures are set aside."""
    found = [item for item in items if not isinstance(item, str)]
    return Batch(
        images=torch.stack([image for image, _ in found]) if found else torch.empty(0, 3, 1, 1),
        targets=torch.tensor([target for _, target in found], dtype=torch.int64),
        unreadable=tuple(item for item in items if isinstance(item, str)),
    )


def _leave_interrupts_to_the_parent(_: int) -> None:
    # Ctrl-C reaches every process of the terminal; a dead worker would break the last step.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
