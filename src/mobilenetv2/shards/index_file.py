"""Arrays and what they are, in one file that is mapped, not read: processes share its pages."""

import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_MAGIC = b"mobilenetv2 shards 1\n"
_ALIGNED = 64
_MOST_HEADER = 1_000_000_000
_TYPES = ("<i8", "<u4", "<u2", "|u1", "|b1")


@dataclass(frozen=True, slots=True)
class Content:
    """Of a file."""

    arrays: Mapping[str, Array]
    facts: dict[str, Any]
    """What JSON can say."""


def write_arrays(content: Content, path: Path) -> None:
    """Write to a file beside and put it in its place, so that it is whole or not there.

    Raises:
        OSError: no room, or no right to.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in content.arrays.items()}
    places: dict[str, tuple[str, int, int]] = {}
    end, checksum = 0, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.newbyteorder("<").str, len(array), end)
        end += -(-array.nbytes // _ALIGNED) * _ALIGNED
        checksum = zlib.crc32(array.view(np.uint8).data, checksum)
    header = json.dumps({"arrays": places, "checksum": checksum, "facts": content.facts}).encode()
    header += b" " * (-(len(_MAGIC) + 8 + len(header)) % _ALIGNED)
    handle, temporary = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
            for array in arrays.values():
                file.write(array.view(np.uint8).data)
                file.write(b"\0" * (-array.nbytes % _ALIGNED))
        # Another user of the same shards reads it as well.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def read_arrays(path: Path) -> Content:
    """What `write_arrays` wrote, mapped into memory.

    Raises:
        ValueError: another file, or a damaged one.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("no index of shards")
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length < min(_MOST_HEADER, path.stat().st_size):
            raise ValueError("a header of impossible length")
        header = json.loads(file.read(length))
    start = len(_MAGIC) + 8 + length
    arrays: dict[str, Array] = {}
    checksum = 0
    try:
        for name, (kind, count, offset) in header["arrays"].items():
            if kind not in _TYPES:
                raise ValueError(f"numbers of type {kind!r}")
            array: Array = np.empty(0, kind)
            if count:
                place = start + offset
                array = np.memmap(path, kind, "r", place, (count,))
            checksum = zlib.crc32(array.view(np.uint8).data, checksum)
            arrays[name] = array
        if checksum != header["checksum"]:
            raise ValueError("another checksum")
        facts = dict(header["facts"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a header without {error}") from error
    return Content(arrays, facts)
