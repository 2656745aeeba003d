"""A reader of FlatBuffers that believes nothing: every offset is checked against the buffer.

A FlatBuffer is a tree of tables that point at each other by byte offsets. A broken or hostile
file points outside, at itself, or at a billion elements. Here that is a `CheckpointError`;
nothing is copied and nothing is allocated in proportion to a length the file merely claims.
Format: https://flatbuffers.dev/internals
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError

MAX_TABLES = 20_000
"""Tables in one vector. The largest public MobileNetV2 file (an SSD) has 384 tensors."""
MAX_FIELDS = 32
"""Of a table; the schema of TFLite has 15 at most, and more are not looked at."""
MAX_STRING_BYTES = 1000
"""Longer strings are cut: names and sentences are short, and a file may point at one often."""

_UINT8, _INT8, _UINT16 = struct.Struct("<B"), struct.Struct("<b"), struct.Struct("<H")
_INT32, _UINT32, _UINT64 = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<Q")
_FLOAT32 = struct.Struct("<f")


class Table:
    """A table at a byte position; fields are found by their index in the schema."""

    __slots__ = ("_fields", "buffer", "position")

    def __init__(self, buffer: memoryview, position: int) -> None:
        self.buffer = buffer
        self.position = position
        self._fields: tuple[int, ...] | None = None

    def uint8(self, index: int, default: int = 0) -> int:
        """A byte, or a boolean."""
        return int(self._scalar(index, _UINT8, default))

    def int8(self, index: int, default: int = 0) -> int:
        """A signed byte; most enumerations are one."""
        return int(self._scalar(index, _INT8, default))

    def int32(self, index: int, default: int = 0) -> int:
        """A signed 32-bit integer."""
        return int(self._scalar(index, _INT32, default))

    def uint32(self, index: int, default: int = 0) -> int:
        """An unsigned 32-bit integer."""
        return int(self._scalar(index, _UINT32, default))

    def uint64(self, index: int, default: int = 0) -> int:
        """An unsigned 64-bit integer."""
        return int(self._scalar(index, _UINT64, default))

    def float32(self, index: int, default: float = 0.0) -> float:
        """A 32-bit float."""
        return float(self._scalar(index, _FLOAT32, default))

    def has(self, index: int) -> bool:
        """Whether the file stores this field at all."""
        return self._field(index) is not None

    def table(self, index: int) -> "Table | None":
        """The table a field points at, or None where the field is absent."""
        field = self._field(index)
        return None if field is None else Table(self.buffer, _follow(self.buffer, field))

    def tables(self, index: int) -> "list[Table]":
        """The tables of a vector; an absent vector is an empty one.

        Raises:
            CheckpointError: more than `MAX_TABLES`, or offsets outside the file.
        """
        field = self._field(index)
        if field is None:
            return []
        start, count = self._vector(field, 4)
        if count > MAX_TABLES:
            raise CheckpointError(
                f"a vector may hold at most {MAX_TABLES} tables, this file claims {count}"
            )
        return [Table(self.buffer, _follow(self.buffer, start + 4 * i)) for i in range(count)]

    def vector(self, index: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """A read-only view of a vector of numbers, little endian; empty where absent."""
        item = np.dtype(dtype).newbyteorder("<")
        field = self._field(index)
        if field is None:
            return np.empty(0, item)
        start, count = self._vector(field, item.itemsize)
        return np.frombuffer(self.buffer, item, count, start)

    def bytes(self, index: int) -> memoryview:
        """A vector of bytes as it lies in the file; empty where absent."""
        field = self._field(index)
        if field is None:
            return memoryview(b"")
        start, count = self._vector(field, 1)
        return self.buffer[start : start + count]

    def string(self, index: int) -> str:
        """Text, cut after `MAX_STRING_BYTES`; bytes that are not UTF-8 are replaced."""
        field = self._field(index)
        if field is None:
            return ""
        start, count = self._vector(field, 1)
        end = start + min(count, MAX_STRING_BYTES)
        return str(self.buffer[start:end], "utf-8", "replace")

    def _scalar(self, index: int, form: struct.Struct, default: float) -> float:
        field = self._field(index)
        return default if field is None else _unpack(self.buffer, field, form)

    def _field(self, index: int) -> int | None:
        """Where a field's own bytes begin, or None where the table does not store it."""
        if self._fields is None:
            self._fields = self._read_fields()
        offset = self._fields[index] if index < len(self._fields) else 0
        return self.position + offset if offset else None

    def _read_fields(self) -> tuple[int, ...]:
        """Where each field begins, from the table on; 0 for one that is not stored."""
        vtable = self.position - int(_unpack(self.buffer, self.position, _INT32))
        claimed = int(_unpack(self.buffer, vtable, _UINT16)) // 2 - 2
        # Its last field is read through the check, the others lie before it.
        count = min(claimed, MAX_FIELDS)
        if count < 1:
            return ()
        _unpack(self.buffer, vtable + 2 + 2 * count, _UINT16)
        return struct.unpack_from(f"<{count}H", self.buffer, vtable + 4)

    def _vector(self, field: int, item_bytes: int) -> tuple[int, int]:
        """(first byte of the first item, number of items), all of them inside the buffer."""
        position = _follow(self.buffer, field)
        count = int(_unpack(self.buffer, position, _UINT32))
        if position + 4 + count * item_bytes > len(self.buffer):
            raise CheckpointError(
                f"a vector of {count} items at byte {position} reaches beyond the end of the "
                f"file ({len(self.buffer)} bytes); the file is truncated or corrupt"
            )
        return position + 4, count


def root(buffer: memoryview, identifier: bytes, what: str) -> Table:
    """The outermost table of a file.

    Args:
        buffer: the whole file.
        identifier: the four bytes that mark the format.
        what: the format's name, for messages.

    Raises:
        CheckpointError: too short, or another format.
    """
    found = bytes(buffer[4:8])
    if len(buffer) < 8 or found != identifier:
        raise CheckpointError(
            f"a {what} has {identifier!r} at byte 4, this file of {len(buffer)} bytes has {found!r}"
        )
    return Table(buffer, _follow(buffer, 0))


def _follow(buffer: memoryview, position: int) -> int:
    """The byte an unsigned offset points at; offsets count from their own place."""
    return position + int(_unpack(buffer, position, _UINT32))


def _unpack(buffer: memoryview, position: int, form: struct.Struct) -> float:
    if not 0 <= position <= len(buffer) - form.size:
        raise CheckpointError(
            f"an offset points at byte {position}, but the file has {len(buffer)} bytes; "
            "it is truncated or corrupt"
        )
    value: float = form.unpack_from(buffer, position)[0]
    return value
