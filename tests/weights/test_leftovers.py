"""Temporary files of a killed writer go when the next one writes, and nothing else goes."""

import os
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.train.state import write_text
from mobilenetv2.weights.leftovers import OLD_SECONDS, clear_leftovers, temporary_prefix
from mobilenetv2.weights.whole_file import write_whole
from mobilenetv2.weights.write import write_tensors


def age(path: Path, seconds: float) -> None:
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_tensors(path, {"a": np.zeros(2)}, {}),
        lambda path: write_text(path, "text"),
        lambda path: write_whole(path, "text"),
    ],
    ids=["weights", "state", "whole"],
)
def test_every_writer_clears_what_was_left_beside_its_file(tmp_path: Path, write) -> None:
    target = tmp_path / "model.bin"
    kept = [".model.bin.abcdefgh", ".model.bin.abc", ".model.binabcdefgh", ".other.bin.abcdefgh"]
    for name in (*kept, ".model.bin.12_45678"):
        (tmp_path / name).write_text("half")
        age(tmp_path / name, OLD_SECONDS + 60)
    age(tmp_path / kept[0], -OLD_SECONDS - 60)  # someone is writing it now
    write(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "model.bin"])


def test_a_folder_of_a_killed_export_goes_with_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / f"{temporary_prefix(tmp_path / 'net.onnx')}abcd_123"
    folder.mkdir()
    (folder / "net.onnx").write_text("half")
    age(folder, OLD_SECONDS + 60)
    clear_leftovers(tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 240 + ".safetensors")
    write_text(path, "text")
    assert path.read_text() == "text"
