"""A limit on what a file can make us hold."""

import os
from collections.abc import Sequence
from math import prod
from pathlib import Path
from stat import S_ISREG

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import NO_FILE, never_ends

MAX_FILE_BYTES = 1 << 29
"""A float32 MobileNetV2 of width 4 takes 160 MB."""
_SPARE_ELEMENTS = 1_000_000


class Budget:
    """Counts the numbers that are decoded from a file.

    An honest file stores every number once. A hostile one points ten thousand times at the same
    bytes; without a count each pointer would become an array of its own.
    """

    def __init__(self, file_bytes: int) -> None:
        self._left = 4 * file_bytes + _SPARE_ELEMENTS

    def spend(self, elements: int) -> None:
        """Take so many numbers off.

        Raises:
            CheckpointError: more than a file of this size can honestly need.
        """
        self._left -= elements
        if self._left < 0:
            raise CheckpointError(
                "this file describes far more numbers than it holds bytes; it is corrupt or was "
                "made to exhaust memory"
            )


def require_shape(name: str, shape: Sequence[int]) -> None:
    """Refuse a shape that no array can have.

    Not even one without a number: numpy multiplies the other sides, which may overflow.

    Raises:
        CheckpointError: sides that are too long together.
    """
    if prod(filter(None, shape)) > MAX_FILE_BYTES:
        raise CheckpointError(
            f"{name!r} has the impossible shape {list(shape)}: no array here has more than "
            f"{MAX_FILE_BYTES:,} numbers. The file is corrupt"
        )


def read_bounded(path: Path, offset: int = 0, length: int = MAX_FILE_BYTES) -> bytes:
    """A regular file's bytes, or a part of them; at most `MAX_FILE_BYTES`.

    Raises:
        CheckpointError: missing, unreadable, not a regular file, too short or too large.
    """
    if not 0 <= offset <= MAX_FILE_BYTES or not 0 <= length <= MAX_FILE_BYTES:
        raise CheckpointError(f"{path} cannot hold {length} bytes at byte {offset}")
    # Before it is opened: to open a pipe waits for whoever is to write into it.
    if never_ends(path):
        raise CheckpointError(f"{path} {NO_FILE}")
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not S_ISREG(status.st_mode):
                raise CheckpointError(f"{path} is not a regular file")
            left = max(0, status.st_size - offset)
            if length == MAX_FILE_BYTES < left:
                raise CheckpointError(
                    f"{path} is larger than {MAX_FILE_BYTES} bytes; no MobileNetV2 is"
                )
            file.seek(offset)
            # As many bytes as are asked for are set aside at once: the limit is all that some
            # devices have.
            data = file.read(min(length, left))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) < length < MAX_FILE_BYTES:
        raise CheckpointError(
            f"{path} should hold {length} bytes at byte {offset}, it has {len(data)} there"
        )
    return data
