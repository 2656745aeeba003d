"""Who hears how a run is going."""

from collections.abc import Mapping
from typing import Protocol


class Reporter(Protocol):
    """Whoever wants to know how a run is going."""

    def say(self, text: str) -> None:
        """A sentence for people."""
        ...

    def step(self, step: int, total: int, loss: float) -> None:
        """`step` of `total` steps are done."""
        ...

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is over: the row that goes into the log."""
        ...


class Silent:
    """A reporter that keeps everything to itself."""

    def say(self, text: str) -> None:
        """Nothing."""

    def step(self, step: int, total: int, loss: float) -> None:
        """Nothing."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Nothing."""
