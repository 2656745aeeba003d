"""As which of how many processes this one was started: what torchrun tells in the environment."""

import os
from dataclasses import dataclass

from mobilenetv2.errors import TrainingError
from mobilenetv2.train.order import WHOLE, Share


class PeerLostError(TrainingError):
    """Another process of the run has ended, and nothing can be done without it."""


@dataclass(frozen=True, slots=True)
class Launched:
    """Where a process stands among those of a run."""

    share: Share = WHOLE
    """Its rank among all, on all machines, and their number."""
    local: Share = WHOLE
    """The same on its own machine."""

    @property
    def alone(self) -> bool:
        """Whether there is no other."""
        return self.share.number == 1

    @property
    def first(self) -> bool:
        """Whether it is the one that reports and writes."""
        return self.share.rank == 0


def launched() -> Launched:
    """What RANK, WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE say; alone where they are not set.

    Raises:
        TrainingError: they are no numbers that go together.
    """
    if "WORLD_SIZE" not in os.environ:
        return Launched()
    share = _share("RANK", "WORLD_SIZE")
    if "LOCAL_RANK" not in os.environ:
        # One process a machine, as some batch systems start them.
        return Launched(share)
    return Launched(share, _share("LOCAL_RANK", "LOCAL_WORLD_SIZE"))


def under_torchrun() -> bool:
    """Whether a launcher of torch started this process: it passes signals on, and starts anew."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def _share(rank: str, number: str) -> Share:
    values = [os.environ.get(name, "") for name in (rank, number)]
    if not all(value.isdecimal() for value in values) or int(values[0]) >= int(values[1]):
        raise TrainingError(
            f"{rank} must be a whole number below {number}, got {values[0]!r} and {values[1]!r}. "
            "Both are torchrun's to set: unset WORLD_SIZE to train in one process"
        )
    return Share(int(values[0]), int(values[1]))
