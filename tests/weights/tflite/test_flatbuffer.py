"""Reading FlatBuffers that may be broken or hostile."""

import random
import struct

import flatbuffers
import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.tflite.flatbuffer import MAX_STRING_BYTES, MAX_TABLES, Table, root


def example() -> bytes:
    """A table of: int32 -7, "four", [1.5, 2.5], [table of one byte 200], nothing at all."""
    builder = flatbuffers.Builder()
    builder.StartObject(1)
    builder.PrependUint8Slot(0, 200, 0)
    inner = builder.EndObject()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(inner)
    tables = builder.EndVector()
    text = builder.CreateString("four")
    numbers = builder.CreateNumpyVector(np.array([1.5, 2.5], np.float32))
    builder.StartObject(5)
    builder.PrependInt32Slot(0, -7, 0)
    builder.PrependUOffsetTRelativeSlot(1, text, 0)
    builder.PrependUOffsetTRelativeSlot(2, numbers, 0)
    builder.PrependUOffsetTRelativeSlot(3, tables, 0)
    builder.Finish(builder.EndObject(), b"TEST")
    return bytes(builder.Output())


def read(data: bytes) -> tuple:
    table = root(memoryview(data), b"TEST", "test file")
    inner = [item.uint8(0) for item in table.tables(3)]
    return table.int32(0), table.string(1), table.vector(2, "f4").tolist(), inner


def test_every_kind_of_field_is_read():
    assert read(example()) == (-7, "four", [1.5, 2.5], [200])


def test_absent_fields_are_empty_or_their_default():
    table = root(memoryview(example()), b"TEST", "test file")
    for absent in (4, 5, 40000):
        assert not table.has(absent)
        assert table.int32(absent, 12) == 12
        assert table.string(absent) == ""
        assert table.tables(absent) == []
        assert table.table(absent) is None
        assert len(table.vector(absent, "i8")) == len(table.bytes(absent)) == 0


def test_another_format_is_refused():
    with pytest.raises(CheckpointError, match=r"has b'TFL3' at byte 4, this file .* has b'TEST'"):
        root(memoryview(example()), b"TFL3", "TFLite file")


@pytest.mark.parametrize("size", range(len(example())))
def test_a_file_cut_anywhere_is_refused_or_read_in_part(size):
    try:
        read(example()[:size])
    except CheckpointError:
        return
    # Only padding at the end may be missing.
    assert size > len(example()) - 4


def test_every_single_changed_byte_is_survived():
    chance = random.Random(1)
    for place in range(len(example())):
        for value in (0, 0x7F, 0xFF, chance.randrange(256)):
            broken = bytearray(example())
            broken[place] = value
            try:
                read(bytes(broken))
            except CheckpointError:
                continue


def vector_of(count: int, size: int) -> Table:
    """A table whose field 0 is a vector that claims `count` items in a file of `size` bytes."""
    vtable = struct.pack("<HHHH", 6, 8, 4, 0)
    table = struct.pack("<iI", 8, 4)
    body = vtable + table + struct.pack("<I", count)
    return Table(memoryview(body.ljust(size, b"\0")), 8)


def test_a_vector_longer_than_the_file_is_refused_before_anything_is_allocated():
    for read_as in (
        lambda table: table.vector(0, "f8"),
        lambda table: table.bytes(0),
        lambda table: table.string(0),
        lambda table: table.tables(0),
    ):
        with pytest.raises(CheckpointError, match=r"4294967295 items .* reaches beyond the end"):
            read_as(vector_of(0xFFFFFFFF, 100))


def test_a_vector_of_too_many_tables_is_refused():
    with pytest.raises(CheckpointError, match=f"at most {MAX_TABLES} tables"):
        vector_of(MAX_TABLES + 1, 200_000).tables(0)


def test_a_long_string_is_cut():
    assert len(vector_of(50_000, 60_000).string(0)) == MAX_STRING_BYTES


def test_a_table_may_point_at_itself():
    """Nothing is followed by itself, so a circle is only another file that does not fit."""
    data = bytearray(example())
    table = root(memoryview(data), b"TEST", "test file")
    assert table.table(3) is not None
