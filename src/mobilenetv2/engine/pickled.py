"""How a model gets into another process: by the file it was made of, or with all its weights.

A pickle holds no part of a model that could be run or trusted: a name and a hash, or the bytes of
a checkpoint, which are read and checked like any file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.opened_file import OpenedFile

# A compiled classifier is pickled without numpy.
if TYPE_CHECKING:
    from mobilenetv2.weights.checkpoint import Checkpoint

Reduced = tuple[Callable[..., object], tuple[object, ...]]
"""What `__reduce__` returns."""

KEPT = 2
"""Models that came in pickles and stay: a pool of processes gets its own again with every few
tasks, and to open it takes longer than they do."""


def by_file(make: Callable[..., object], file: OpenedFile, threads: int | None) -> Reduced:
    """Of something that `make(file, threads)` made.

    Raises:
        CheckpointError: the file is gone, or has changed since.
    """
    return _open_again, (make, file.name, sha256_then(file), threads)


def sha256_then(file: OpenedFile) -> str:
    """Of a file as it was when it was opened.

    Raises:
        CheckpointError: it is gone, or has changed since.
    """
    sha256 = file.sha256()
    if sha256 is None:
        raise CheckpointError(
            f"{file.path} has changed or gone since it was opened, and other processes would open "
            "it again: open it here as it is now, or bring the old file back"
        )
    return sha256


def sha256_of(checkpoint: Checkpoint) -> str:
    """Of the file that a checkpoint would be saved as.

    Raises:
        CheckpointError: weights that no file holds: they are not finite.
    """
    import hashlib

    from mobilenetv2.engine.carried import to_bytes

    return hashlib.sha256(to_bytes(checkpoint)).hexdigest()


def with_weights(
    make: Callable[..., object], checkpoint: Checkpoint, threads: int | None
) -> Reduced:
    """Of something that `make(checkpoint, threads)` made.

    Raises:
        CheckpointError: weights that no file holds: they are not finite.
    """
    from mobilenetv2.engine.carried import to_bytes

    return _make_again, (make, to_bytes(checkpoint), threads)


class Copyable:
    """Copied part by part, and pickled otherwise: a copy must not depend on a file."""

    def __copy__(self) -> Self:
        copied = object.__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        vars(copied).update(deepcopy(vars(self), memo))
        return copied


def _open_again(make: Callable[..., object], name: str, sha256: str, threads: int | None) -> object:
    made, file = _opened(make, name, sha256, threads)
    file.require(sha256)  # also of what was kept, and of what was written to meanwhile
    return made


@lru_cache(maxsize=KEPT)
def _opened(
    make: Callable[..., object], name: str, sha256: str, threads: int | None
) -> tuple[object, OpenedFile]:
    file = _find(name)
    file.require(sha256)
    return make(file, threads), file


@lru_cache(maxsize=KEPT)
def _make_again(make: Callable[..., object], content: bytes, threads: int | None) -> object:
    from mobilenetv2.engine.carried import from_bytes

    return make(from_bytes(content), threads)


def _find(name: str) -> OpenedFile:
    if os.path.isabs(name):  # noqa: PTH117 - see `library`
        return OpenedFile(name)
    from mobilenetv2.weights.find_file import find_by_name

    return find_by_name(name)
