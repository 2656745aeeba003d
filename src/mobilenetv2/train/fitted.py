"""Pictures to judge by, at the network's size: kept for the evaluations to come."""

from collections.abc import Callable
from functools import partial

import numpy as np

from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.shelf import Shelf

DEPTHS = (3,)
"""Bytes a pixel of the kinds of piece on their shelf."""

Fitted = tuple[Pixels, tuple[int, int]]
"""Uint8 [height, width, 3], to be written to; and (height, width) of the picture it was made of."""


def kept_or_made(shelf: Shelf | None, index: int, make: Callable[[], Fitted]) -> Fitted:
    """What was made of a picture before, or is now.

    Args:
        shelf: whose first kinds are `DEPTHS`; a run's, in which the network's size does not change.
        index: of the picture.
        make: its errors are not kept.
    """
    if shelf is None:
        return make()
    pixels, facts = shelf.get(index, 0), shelf.facts(index)
    if pixels is not None and facts is not None:
        return np.array(pixels), facts[1:]
    pixels, size = make()
    shelf.note(index, (0, *size))
    shelf.put(index, 0, (pixels.shape[0], pixels.shape[1]), partial(copy_to, pixels))
    return pixels, size


def copy_to(pixels: Pixels, target: memoryview) -> None:
    """Write an array's bytes, row after row."""
    np.frombuffer(target, np.uint8).reshape(pixels.shape)[:] = pixels
