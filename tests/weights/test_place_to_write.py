"""What is known of a file's place before the file is made."""

import os
from pathlib import Path

import pytest

from mobilenetv2.weights.place_to_write import check_place

PROC = Path("/proc")


def test_a_file_old_or_new_in_a_folder_that_is_there_or_can_be_made(tmp_path: Path):
    (tmp_path / "old").write_text("as it was")
    for name in ("old", "new", "folder/within/new"):
        check_place(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "as it was"


def test_a_folder_in_the_place(tmp_path: Path):
    with pytest.raises(IsADirectoryError):
        check_place(tmp_path)


def test_a_file_in_the_place_of_a_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check_place(tmp_path / "file/within/new")


def test_a_name_that_is_too_long(tmp_path: Path):
    with pytest.raises(OSError, match="too long"):
        check_place(tmp_path / ("n" * 300))


@pytest.mark.skipif(not PROC.exists(), reason="this system has no /proc, which refuses even root")
def test_a_folder_that_refuses_files():
    with pytest.raises(FileNotFoundError):
        check_place(PROC / "new")
    with pytest.raises(FileNotFoundError):
        check_place(PROC / "folder/new")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write whatever is read-only"
)
def test_what_its_owner_protects(tmp_path: Path):
    (tmp_path / "file").touch(0o444)
    with pytest.raises(PermissionError):
        check_place(tmp_path / "file")
    (tmp_path / "folder").mkdir(0o555)
    with pytest.raises(PermissionError):
        check_place(tmp_path / "folder/new")


def test_a_device_takes_what_it_is_given():
    check_place(Path(os.devnull))
