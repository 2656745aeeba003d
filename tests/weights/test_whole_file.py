"""Files written in one go: what a full disk leaves, links, and what is no file."""

import os
from pathlib import Path

import pytest

from mobilenetv2.weights.whole_file import write_whole


def test_a_full_disk_leaves_what_was_there(small_disk: Path) -> None:
    target = small_disk / "page.html"
    write_whole(target, "the old one")
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(target, b"x" * 100_000)
    assert target.read_text() == "the old one"
    assert list(small_disk.iterdir()) == [target]


def test_text_keeps_its_line_breaks(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "ä\r\nb\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa4\r\nb\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "through it")
    assert os.read(reader, 100) == b"through it"
    os.close(reader)
