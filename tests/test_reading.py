"""The net below the readers: one sentence with the file's name, whatever was raised."""

import os
import struct
from pathlib import Path

import pytest

from mobilenetv2.errors import CheckpointError, DatasetError, ImageError, MissingDependencyError
from mobilenetv2.model import load
from mobilenetv2.reading import UNEXPECTED, as_text, never_ends, reading, require_file
from mobilenetv2.tasks.image import decode
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.store import load as load_store


@pytest.mark.parametrize(
    "error",
    [
        struct.error("unpack requires 4 bytes"),
        KeyError("kernel"),
        RecursionError("maximum recursion depth exceeded"),
        OverflowError("int too large to convert to float"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ],
)
def test_a_foreign_exception_names_the_file_and_a_way_to_report_it(error: Exception):
    message = r"^boxes\.json cannot be read: it led to"
    with pytest.raises(DatasetError, match=message) as raised, reading("boxes.json", DatasetError):
        raise error
    assert raised.value.__cause__ is error
    assert type(error).__name__ in str(raised.value)
    assert UNEXPECTED in str(raised.value)
    assert "report it to the authors" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_the_disk_says_is_no_fault_of_ours():
    message = r"^cannot read a\.onnx: Permission denied$"
    with pytest.raises(CheckpointError, match=message), reading("a.onnx"):
        raise PermissionError(13, "Permission denied", "a.onnx")


def test_our_own_errors_pass_and_get_the_name_they_lack():
    with pytest.raises(ImageError, match=r"^cat\.jpg is broken$"), reading("/photos/cat.jpg"):
        raise ImageError("cat.jpg is broken")
    message = r"^/models/a\.onnx: too many nodes$"
    with pytest.raises(CheckpointError, match=message), reading("/models/a.onnx"):
        raise CheckpointError("too many nodes")
    with pytest.raises(MissingDependencyError), reading("a.h5"):
        raise MissingDependencyError("h5py", "keras", "reading")


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()])
def test_what_is_not_the_files_fault_passes(error: BaseException):
    with pytest.raises(type(error)), reading("a.onnx"):
        raise error


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(143)])
def test_a_stop_that_something_wrapped_is_no_fault(stop: BaseException):
    """As Python below 3.12 does where the signal comes while a class is made."""
    with pytest.raises(type(stop)), reading("a.onnx"):
        raise RuntimeError("Error calling __set_name__ on 'Field'") from stop


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert never_ends(pipe)
    assert never_ends("/dev/zero")
    assert not never_ends(tmp_path)
    assert not never_ends(tmp_path / "none")
    for read in (load, read_foreign, load_store):
        with pytest.raises(CheckpointError, match="pipe must be a regular file"):
            read(pipe)
    with pytest.raises(ImageError, match="must be a regular file"):
        decode(pipe)


def test_a_folder_and_a_name_that_no_file_can_have(tmp_path: Path):
    with pytest.raises(CheckpointError, match="must be a file, it is a folder"):
        require_file(tmp_path)
    with pytest.raises(CheckpointError, match="File name too long"):
        require_file("a" * 5000)
    with pytest.raises(CheckpointError, match="null"):
        require_file("a\0b")
    with pytest.raises(LookupError, match="neither a file nor a model"):
        load("a" * 5000)
    with pytest.raises(LookupError, match="of the catalogue; did you mean 'everyday'\\?"):
        load("everyda")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_text_in_what_editors_and_shells_write(encoding: str) -> None:
    assert as_text("Kühlschrank\r\ncup\r\n".encode(encoding)).split() == ["Kühlschrank", "cup"]


def test_other_bytes_are_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        as_text(b"\xfcber")
    with pytest.raises(UnicodeDecodeError):
        as_text(b"\xff\xfea")
