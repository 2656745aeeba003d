"""How many processes decode: as told, or as a run's first steps show to be needed."""

from dataclasses import dataclass
from math import ceil

SPARE = 1.25
"""A batch takes longer where others are decoded beside it, and some batches are larger."""

NOTHING = 0.03
"""Of a step's time: what decoding may take without a process of its own."""


@dataclass(slots=True)
class Decoders:
    """Whether their number is to be measured, and what came of it."""

    measured: bool = False
    cores: int = 1
    """Of the machine's, those of this process."""
    number: int | None = None
    """None: not measured."""


def needed(decoding: float, learning: float, cores: int, *, on_cpu: bool) -> int:
    """So many processes that a step does not wait for its pictures, where there are the cores.

    Args:
        decoding: seconds for a batch, by one process.
        learning: seconds for a step.
        cores: what there are, this process's own among them.
        on_cpu: whether steps are computed on these cores too. Then none is wanted where decoding is
            next to nothing, or there is one core alone.
    """
    if on_cpu and (cores == 1 or decoding < NOTHING * learning):
        return 0
    return max(1, min(ceil(SPARE * decoding / max(learning, 1e-9)), cores - 1))
