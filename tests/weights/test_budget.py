"""What a file can make us hold."""

import tracemalloc
from pathlib import Path

import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.budget import MAX_FILE_BYTES, Budget, read_bounded, require_shape
from mobilenetv2.weights.onnx.model import Constant
from mobilenetv2.weights.onnx.protobuf import Message


def test_a_small_file_takes_as_little_memory(tmp_path: Path):
    path = tmp_path / "small.tflite"
    path.write_bytes(bytes(100_000))
    tracemalloc.start()
    data = read_bounded(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) == 100_000
    assert peak < 1_000_000


def test_a_part_of_a_file(tmp_path: Path):
    path = tmp_path / "numbers"
    path.write_bytes(bytes(range(100)))
    assert read_bounded(path, offset=10, length=5) == bytes(range(10, 15))
    with pytest.raises(CheckpointError, match="should hold 50 bytes at byte 60, it has 40 there"):
        read_bounded(path, offset=60, length=50)
    with pytest.raises(CheckpointError, match="should hold 1 bytes at byte 200, it has 0 there"):
        read_bounded(path, offset=200, length=1)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 2)
    with pytest.raises(CheckpointError, match=f"larger than {MAX_FILE_BYTES} bytes"):
        read_bounded(path)
    assert read_bounded(path, offset=MAX_FILE_BYTES) == b"\0\0"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_what_would_never_end_is_refused():
    with pytest.raises(CheckpointError, match="must be a regular file"):
        read_bounded(Path("/dev/zero"))


def test_more_numbers_than_bytes():
    budget = Budget(file_bytes=1000)
    budget.spend(1_000_000)
    with pytest.raises(CheckpointError, match="far more numbers than it holds bytes"):
        budget.spend(5_000)


@pytest.mark.parametrize("shape", [[2**40], [3, 2**34, 2**32, 0, 0]])
def test_a_shape_that_no_array_has(shape: list[int]):
    """Without a number as well: numpy multiplies the other sides, and they overflow."""
    with pytest.raises(CheckpointError, match="'stem' has the impossible shape"):
        require_shape("stem", shape)
    require_shape("stem", [32, 3, 0, 3])


def test_an_empty_constant_with_such_sides(tmp_path: Path):
    constant = Constant(Message(memoryview(b"")), "stem", (2**34, 2**32, 0), "float32", tmp_path)
    with pytest.raises(CheckpointError, match="'stem' has the impossible shape"):
        constant.array(Budget(100))
