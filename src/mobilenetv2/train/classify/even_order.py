"""Classes that come equally often, however few pictures one has: of seed and step alone.

An epoch is divided into rounds, in each of which every class comes once, in an order of the
round's own. A class's pictures come in turns: all of them, shuffled, before one comes again. So the
how manieth round of a run it is tells which picture of a class is next, and nothing is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mobilenetv2.train.order import WHOLE, Order, Place, Share

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class EvenOrder:
    """A `PictureOrder` of as many pictures an epoch as there are.

    Classes without a picture are none. Where an epoch is no whole number of rounds, some classes,
    drawn anew every epoch, come once less.
    """

    targets: Sequence[int]
    """The class of each training picture."""
    batch_size: int
    """Of all processes together."""
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """As of an `Order`: the same number of pictures is seen."""
        return Order(len(self.targets), self.batch_size, self.seed).steps_per_epoch

    def places(self, step: int, share: Share = WHOLE) -> list[Place]:
        """(turn of its class, index) of each picture of a step."""
        epoch, within = divmod(step, self.steps_per_epoch)
        start = within * self.batch_size
        drawn = _drawn(self, epoch)[start : start + self.batch_size]
        return [(turn, index) for turn, index in share.of(drawn.tolist())]


# By identity, as the targets may be millions.
@lru_cache(maxsize=2)
def _members(order: EvenOrder) -> list[Indices]:
    targets = np.asarray(order.targets)
    by_class = np.argsort(targets, kind="stable")
    return np.split(by_class, np.flatnonzero(np.diff(targets[by_class])) + 1)


@lru_cache(maxsize=2)
def _drawn(order: EvenOrder, epoch: int) -> Indices:
    """(turn, index) of all pictures of an epoch, [pictures, 2]."""
    members, pictures = _members(order), len(order.targets)
    number = -(-pictures // len(members))
    rounds = np.arange(epoch * number, (epoch + 1) * number)
    columns = [
        _of_class(indices, rounds, (order.seed, place)) for place, indices in enumerate(members)
    ]
    in_rounds = np.stack(columns, 1)
    random = np.random.default_rng((order.seed, epoch))
    classes = random.permuted(np.tile(np.arange(len(members)), (number, 1)), axis=1)
    drawn = np.take_along_axis(in_rounds, classes[:, :, None], 1)
    return drawn.reshape(-1, 2)[:pictures]


def _of_class(indices: Indices, rounds: Indices, seed: tuple[int, int]) -> Indices:
    """(turn, index) of a class's picture in each round, [rounds, 2]."""
    turns, places = np.divmod(rounds, len(indices))
    shuffled = {
        turn: np.random.default_rng((*seed, turn)).permutation(indices)
        for turn in range(turns[0], turns[-1] + 1)
    }
    found = [shuffled[turn][place] for turn, place in zip(turns, places, strict=True)]
    return np.stack((turns, np.array(found)), 1)
