"""Reading the protobuf wire format, against Google's own writer and against hostile bytes."""

import random

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.onnx.protobuf import MAX_FIELDS, Message, varints

INT64 = st.integers(-(2**63), 2**63 - 1)


def message(data: bytes) -> Message:
    return Message(memoryview(data))


TEXT = st.text("ab/é漢\0", max_size=50)


@given(dims=st.lists(INT64, max_size=40), name=TEXT, code=st.integers(0, 2**31 - 1))
def test_what_onnx_writes_is_read(dims, name, code):
    proto = onnx.TensorProto(dims=dims, name=name, data_type=code, raw_data=b"\1\2\3")
    read = message(proto.SerializeToString())
    assert read.integers(1).tolist() == dims
    assert read.string(8) == name
    assert read.integer(2) == code
    assert bytes(read.bytes(9)) == b"\1\2\3"


@given(numbers=st.lists(INT64, max_size=300))
def test_packed_integers_are_read(numbers):
    proto = onnx.TensorProto(int64_data=numbers)
    assert message(proto.SerializeToString()).integers(7).tolist() == numbers


@given(numbers=st.lists(st.floats(width=32, allow_nan=False), max_size=50))
def test_packed_floats_are_read(numbers):
    proto = onnx.TensorProto(float_data=numbers)
    assert message(proto.SerializeToString()).floats(4, "<f4").tolist() == numbers


def test_a_long_run_of_integers_crosses_the_chunks():
    numbers = np.random.default_rng(0).integers(-(2**62), 2**62, 300_000)
    data = onnx.TensorProto(int64_data=numbers).SerializeToString()
    assert len(data) > 2**21
    np.testing.assert_array_equal(message(data).integers(7), numbers)


def test_attributes_keep_floats_and_lists():
    node = onnx.helper.make_node("Conv", ["x"], ["y"], epsilon=0.25, pads=[0, 1, -2])
    attributes = {item.string(1): item for item in message(node.SerializeToString()).messages(5)}
    assert attributes["epsilon"].float32(2) == 0.25
    assert attributes["pads"].integers(8).tolist() == [0, 1, -2]


def test_absent_fields_are_empty():
    empty = message(b"")
    assert (empty.integer(3, 7), empty.float32(2, 0.5), empty.string(1)) == (7, 0.5, "")
    assert empty.messages(9) == []
    assert not empty.has(1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08", "ends within a number"),
        (b"\x08" + b"\xff" * 11, "more than ten bytes"),
        (b"\x0a\x05abc", "reaches beyond its message"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "reaches beyond its message"),
        (b"\x0d\1\2", "reaches beyond its message"),
        (b"\x0b", "wire type 3"),
    ],
)
def test_broken_bytes_are_refused(data, reason):
    with pytest.raises(CheckpointError, match=reason):
        message(data)


def test_a_field_of_the_wrong_kind_is_refused():
    number = message(b"\x08\x05")
    for read in (number.bytes, number.messages, number.float32, lambda n: number.floats(n, "<f4")):
        with pytest.raises(CheckpointError, match="file is corrupt"):
            read(1)
    with pytest.raises(CheckpointError, match="must be a number"):
        message(b"\x0a\x01a").integer(1)


def test_packed_integers_that_do_not_end_are_refused():
    with pytest.raises(CheckpointError, match="never ends"):
        varints(memoryview(b"\xff" * 5))
    with pytest.raises(CheckpointError, match="more than ten bytes"):
        varints(memoryview(b"\xff" * 12 + b"\1"))


def test_too_many_fields_are_refused():
    with pytest.raises(CheckpointError, match="may have at most"):
        message(b"\x08\x01" * (MAX_FIELDS + 1))


def test_random_bytes_are_read_or_refused():
    chance = random.Random(3)
    for _ in range(2000):
        try:
            read = message(chance.randbytes(chance.randrange(60)))
            read.messages(1)
            read.integers(2)
        except CheckpointError:
            continue
