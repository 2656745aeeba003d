"""Which pictures a step shows, and to which process: of seed, epoch and numbers alone.

Nothing here reads a picture, holds a state or asks who computes: a run that is gone on with, in a
middle of an epoch and by another number of processes, sees what it would have seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")

Place = tuple[int, int]
"""(epoch, index): together with the seed all that a training picture's chance depends on. No two
of a run are the same; where a picture comes several times an epoch the first counts its turns."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does of something that several do together."""

    rank: int = 0
    """Which of them it is, from 0."""
    number: int = 1
    """How many they are."""

    def of(self, things: Sequence[T]) -> Sequence[T]:
        """Neighbors in a sequence. Over all ranks, in order, they are the whole, each once; no
        share is longer than another by more than one.
        """
        start, end = (at * len(things) // self.number for at in (self.rank, self.rank + 1))
        return things[start:end]


WHOLE = Share()


class PictureOrder(Protocol):
    """What the loop asks of an order."""

    @property
    def steps_per_epoch(self) -> int:
        """At least one."""
        ...

    def places(self, step: int, share: Share = WHOLE) -> list[Place]:
        """The pictures of a step, counted from 0 over all epochs; of them, one process's share."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """In which order pictures come: shuffled anew every epoch, the incomplete batch left out."""

    pictures: int
    batch_size: int
    """Of all processes together."""
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """At least one, even if there are fewer pictures than a batch holds."""
        return max(1, self.pictures // self.batch_size)

    def places(self, step: int, share: Share = WHOLE) -> list[Place]:
        """The pictures of a step, counted from 0 over all epochs; of them, one process's share."""
        epoch, within = divmod(step, self.steps_per_epoch)
        start = within * self.batch_size
        indices = _permutation(self.pictures, self.seed, epoch)[start : start + self.batch_size]
        return [(epoch, index) for index in share.of(indices.tolist())]


@lru_cache(maxsize=2)
def _permutation(
    pictures: int, seed: int, epoch: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng((seed, epoch)).permutation(pictures)
