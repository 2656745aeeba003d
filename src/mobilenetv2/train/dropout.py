"""Dropout that does not depend on how a step's pictures are shared out over processes."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the pictures at hand stand among all that a step shows."""

    first: int
    """The place of the first of them, counted over the processes in order."""
    own: int
    """How many are at hand."""
    whole: int
    """How many all processes have."""


def drop(values: Tensor, chance: float, rows: Rows | None) -> Tensor:
    """Zero elements by chance, in training, and scale the others to the same sum.

    Every process draws for the whole step, from the same state, and takes its rows: they are those
    that one process alone would draw.

    Args:
        values: [N, channels, height, width].
        chance: of an element to be zeroed.
        rows: which these N are; None: all there are.
    """
    if rows is None or rows.whole == rows.own:
        return F.dropout(values, chance)
    # Chance fills a map in the order of its memory, so that has to be the same as well.
    last = torch.channels_last if values.is_contiguous(memory_format=torch.channels_last) else None
    shape = (rows.whole, *values.shape[1:])
    ones = values.new_ones(shape)
    if last is not None:
        ones = ones.to(memory_format=last)
    kept = F.dropout(ones, chance)
    return values * kept[rows.first : rows.first + rows.own]
