"""Masks as ids, kept beside their decoded pictures for the epochs to come."""

from collections.abc import Callable

import numpy as np

from mobilenetv2.datasets.read_mask import Ids, Values
from mobilenetv2.errors import DatasetError
from mobilenetv2.train import decoded
from mobilenetv2.train.shelf import Shelf

DEPTHS = (*decoded.DEPTHS, 1)
"""Of a shelf of pictures with masks: ids take a byte."""

_MASK = len(decoded.DEPTHS)

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
        shelf.put(index, _MASK, size, lambda target: _copy(whole, target))
        return np.asarray(part(whole)).astype(np.uint8, copy=False)
    return np.asarray(part(found[:, :, 0])).astype(np.uint8, copy=False)


def _copy(ids: Ids, target: memoryview) -> None:
    np.frombuffer(target, np.uint8).reshape(ids.shape)[:] = ids
