"""Masks as ids, kept beside their decoded pictures for the epochs to come."""

from collections.abc import Callable
from functools import partial

import numpy as np

from mobilenetv2.datasets.read_mask import Ids, Values
from mobilenetv2.errors import DatasetError
from mobilenetv2.train import decoded, fitted
from mobilenetv2.train.fitted import copy_to
from mobilenetv2.train.shelf import Shelf

DEPTHS = (*decoded.DEPTHS, 1)
"""Of a shelf of pictures to learn from with masks: ids take a byte."""

TO_JUDGE_BY = (*fitted.DEPTHS, 1)
"""Of a shelf of pictures to judge by."""

_MASK, _MASK_TO_JUDGE_BY = len(decoded.DEPTHS), len(fitted.DEPTHS)

Part = Callable[[Values], Values]
ReadIds = Callable[[tuple[int, int], Part], Ids]


def kept_part(
    shelf: Shelf, index: int, read_ids: ReadIds, size: tuple[int, int], part: Part
) -> Ids:
    """What `read_ids` gives of a size and a part, from the shelf from the second time on.

    The first time the whole mask becomes ids, unless part of it that is not wanted holds ids that
    nobody declared, or there is no room: then what is wanted alone, each time.

    Raises:
        DatasetError: as `read_ids`.
    """
    found = shelf.get(index, _MASK)
    if found is None or found.shape[:2] != size:
        if shelf.full:
            return read_ids(size, part)
        try:
            whole = read_ids(size, lambda values: values)
        except DatasetError:
            return read_ids(size, part)
        shelf.put(index, _MASK, size, partial(copy_to, whole))
        return np.asarray(part(whole)).astype(np.uint8, copy=False)
    return np.asarray(part(found[:, :, 0])).astype(np.uint8, copy=False)


def kept_whole(shelf: Shelf | None, index: int, read: Callable[[], Ids], known: Ids | None) -> Ids:
    """A mask to judge by, [height, width], to be written to.

    Args:
        shelf: of the kinds `TO_JUDGE_BY`.
        index: of the picture.
        read: reads the mask alone.
        known: the mask, where it was read with its picture just now.

    Raises:
        DatasetError: as `read`.
    """
    if shelf is None:
        return read() if known is None else known
    found = shelf.get(index, _MASK_TO_JUDGE_BY)
    if found is not None:
        return found[:, :, 0].copy()
    ids = read() if known is None else known
    shelf.put(index, _MASK_TO_JUDGE_BY, (ids.shape[0], ids.shape[1]), partial(copy_to, ids))
    return ids
