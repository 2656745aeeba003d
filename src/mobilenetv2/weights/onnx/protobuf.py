"""A reader of the protobuf wire format that never leaves its buffer.

Format: https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError

MAX_FIELDS = 200_000
"""In one message. A MobileNetV2 graph has about a thousand nodes and arrays."""
_CHUNK_BYTES = 1 << 20
_LENGTH_FIRST = 2
_SIZES = {1: 8, 5: 4, _LENGTH_FIRST: 0}
"""Bytes of a value, by its wire type; 0 is a number of as many as it needs."""

Value = int | memoryview


class Message:
    """One message's fields by number; nested messages are read when they are asked for."""

    def __init__(self, data: memoryview) -> None:
        self._fields = _split(data)

    def integer(self, number: int, default: int = 0) -> int:
        """A signed integer; of repeated ones the last counts."""
        value = self._last(number)
        if isinstance(value, memoryview):
            raise CheckpointError(f"protobuf field {number} must be a number; the file is corrupt")
        return default if value is None else _signed(value)

    def float32(self, number: int, default: float = 0.0) -> float:
        """A 32-bit float."""
        value = self._last(number)
        if value is None:
            return default
        if not isinstance(value, memoryview) or len(value) != 4:
            raise CheckpointError(f"protobuf field {number} must be a float; the file is corrupt")
        return float(np.frombuffer(value, "<f4")[0])

    def bytes(self, number: int) -> memoryview:
        """Raw bytes, empty where absent."""
        value = self._last(number)
        if isinstance(value, int):
            raise CheckpointError(f"protobuf field {number} must be bytes; the file is corrupt")
        return memoryview(b"") if value is None else value

    def string(self, number: int) -> str:
        """Text; what is not UTF-8 is replaced."""
        return _text(self.bytes(number))

    def strings(self, number: int) -> tuple[str, ...]:
        """Every text of a repeated field."""
        return tuple(_text(value) for value in self._parts(number))

    def message(self, number: int) -> "Message":
        """A nested message, empty where absent."""
        return Message(self.bytes(number))

    def messages(self, number: int) -> "list[Message]":
        """Every nested message of a repeated field."""
        return [Message(part) for part in self._parts(number)]

    def has(self, number: int) -> bool:
        """Whether the field is there at all."""
        return number in self._fields

    def integers(self, number: int) -> npt.NDArray[np.int64]:
        """Repeated integers, packed or not."""
        parts = [
            varints(value) if isinstance(value, memoryview) else np.array([_signed(value)])
            for value in self._fields.get(number, ())
        ]
        return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)

    def floats(self, number: int, dtype: str) -> npt.NDArray[np.float64]:
        """Repeated floats of one little-endian type (`<f4`, `<f8`), packed or not."""
        parts = []
        for part in self._parts(number):
            if len(part) % np.dtype(dtype).itemsize:
                raise CheckpointError(
                    f"protobuf field {number}: {len(part)} bytes are no whole number of floats"
                )
            parts.append(np.frombuffer(part, dtype))
        return np.concatenate(parts) if parts else np.empty(0, dtype)

    def _last(self, number: int) -> Value | None:
        values = self._fields.get(number)
        return values[-1] if values else None

    def _parts(self, number: int) -> list[memoryview]:
        parts = [value for value in self._fields.get(number, ()) if isinstance(value, memoryview)]
        if len(parts) != len(self._fields.get(number, ())):
            raise CheckpointError(f"protobuf field {number} must be bytes; the file is corrupt")
        return parts


def varints(data: memoryview) -> npt.NDArray[np.int64]:
    """A packed run of integers of variable length.

    Raises:
        CheckpointError: the last one is cut off, or one has more than ten bytes.
    """
    found: list[npt.NDArray[np.int64]] = []
    start = 0
    while start < len(data):
        # Sixty-four bits for every byte: chunks keep that small.
        chunk = np.frombuffer(data[start : start + _CHUNK_BYTES], np.uint8)
        ends = np.flatnonzero(chunk < 0x80)
        if len(ends) == 0:
            raise CheckpointError("a protobuf integer never ends; the file is corrupt")
        chunk = chunk[: ends[-1] + 1]
        starts = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - starts + 1
        if lengths.max() > 10:
            raise CheckpointError("a protobuf integer has more than ten bytes; the file is corrupt")
        place = np.arange(len(chunk)) - np.repeat(starts, lengths)
        bits = (chunk & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
        found.append(np.add.reduceat(bits, starts).astype(np.uint64).view(np.int64))
        start += len(chunk)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _split(data: memoryview) -> Mapping[int, Sequence[Value]]:
    fields: dict[int, list[Value]] = {}
    position, count = 0, 0
    end = len(data)
    while position < end:
        # A node has ten fields, and nearly every tag and length one byte.
        tag = data[position]
        position += 1
        if tag >= 0x80:
            tag, position = _varint(data, position - 1)
        count += 1
        if count > MAX_FIELDS:
            raise CheckpointError(f"a protobuf message may have at most {MAX_FIELDS} fields")
        kind = tag & 7
        value: Value
        if kind == 0:
            value, position = _varint(data, position)
        else:
            size = _SIZES.get(kind)
            if size is None:
                raise CheckpointError(
                    f"byte {position} holds protobuf wire type {kind}; the file is corrupt or no "
                    "protobuf at all"
                )
            if kind == _LENGTH_FIRST:
                size, position = _varint(data, position)
            value, position = _take(data, position, size)
        number = tag >> 3
        if number in fields:
            fields[number].append(value)
        else:
            fields[number] = [value]
    return fields


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """(value, the position behind it)."""
    if position < len(data) and data[position] < 0x80:
        return data[position], position + 1
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise CheckpointError("the file ends within a number; it is truncated or corrupt")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
    raise CheckpointError("a protobuf integer has more than ten bytes; the file is corrupt")


def _take(data: memoryview, position: int, size: int) -> tuple[memoryview, int]:
    if size > len(data) - position:
        raise CheckpointError(
            f"a field of {size} bytes reaches beyond its message ({len(data) - position} bytes "
            "left); the file is truncated or corrupt"
        )
    return data[position : position + size], position + size


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(data: memoryview) -> str:
    return bytes(data[:1000]).decode("utf-8", "replace")
