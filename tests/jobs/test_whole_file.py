"""Files of a job's folder: whole or not there, and a manifest is the first one's."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mobilenetv2.errors import JobError
from mobilenetv2.jobs.whole_file import create_whole, remove, replace_whole


def test_of_many_who_create_a_file_at_once_one_is_first_and_all_find_the_same(tmp_path: Path):
    path = tmp_path / "out" / "manifest.json"
    contents = [bytes([letter]) * 100_000 for letter in range(16)]

    def create(content: bytes) -> bytes:
        create_whole(path, content)
        return path.read_bytes()

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(create, contents))
    assert len(found) == 1
    assert found < set(contents)
    assert [item.name for item in path.parent.iterdir()] == ["manifest.json"]


def test_a_file_system_without_links_keeps_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    for content in (b"first", b"second"):
        create_whole(tmp_path / "manifest.json", content)
    assert (tmp_path / "manifest.json").read_bytes() == b"second"
    assert len(list(tmp_path.iterdir())) == 1


def test_everybody_may_read_what_is_written(tmp_path: Path):
    replace_whole(tmp_path / "part-000000.jsonl", b"a line\n")
    assert (tmp_path / "part-000000.jsonl").stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_written_or_removed_is_told_with_the_way_out(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for write in (replace_whole, create_whole):
        with pytest.raises(JobError, match=r"cannot write .*part: .*run the same command again"):
            write(tmp_path / "file" / "part", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(JobError, match=r"cannot remove .*folder"):
        remove(tmp_path / "folder")
    remove(tmp_path / "not there")
