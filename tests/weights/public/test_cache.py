"""Disks that are full, too small or read-only; real ones, mounted for the test."""

import errno
import hashlib
import os
import subprocess
from dataclasses import replace

import pytest

from mobilenetv2.weights.public.fetch import fetch
from tests.weights.faulty_server import DATA, failure, files, unsized, whole


def test_a_file_that_cannot_fit_is_refused_before_it_fills_the_disk(server, entry, tiny_disk):
    server.answers = [whole(DATA)]
    message = failure(entry)
    assert "needs 300,000 more bytes" in message
    assert "MOBILENETV2_CACHE" in message
    assert files(tiny_disk) == []


def test_a_full_disk_is_no_reason_to_ask_another_server(server, entry, tiny_disk):
    server.answers = [whole(DATA)]
    message = failure(replace(entry, urls=entry.urls * 2))
    assert len(server.asked) == 1
    assert "needs 300,000 more bytes" in message


def test_a_disk_that_fills_up_loses_nothing(server, entry, tiny_disk):
    server.answers = [unsized(DATA)]
    message = failure(replace(entry, bytes=None))
    assert os.strerror(errno.ENOSPC) in message
    assert "MOBILENETV2_CACHE" in message
    assert not (tiny_disk / "sample.bin").exists()
    kept = (tiny_disk / "sample.bin.part").stat().st_size
    assert kept > 0
    subprocess.run(["mount", "-o", "remount,size=1m", tiny_disk], check=True)
    assert fetch(replace(entry, bytes=None)).read_bytes() == DATA
    assert server.ranges() == [None, f"bytes={kept}-"]


def test_a_read_only_cache_serves_what_it_has(server, entry, tiny_disk):
    small = DATA[:1000]
    (tiny_disk / "known.bin").write_bytes(small)
    (tiny_disk / "unknown.bin").write_bytes(small)
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    sha256 = hashlib.sha256(small).hexdigest()
    known = replace(entry, file="known.bin", sha256=sha256, bytes=len(small))
    unknown = replace(entry, file="unknown.bin", sha256=None, bytes=None)
    assert fetch(known).read_bytes() == small
    assert fetch(unknown).read_bytes() == small
    assert os.strerror(errno.EROFS) in failure(entry)


def test_a_cache_that_is_a_file_is_named(entry, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("MOBILENETV2_CACHE", str(tmp_path / "taken"))
    assert f"must be writable and have room: {tmp_path / 'taken'}" in failure(entry)


@pytest.mark.parametrize("suffix", [".part", ".part.json", ".sha256", ".lock"])
@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_a_link_in_the_cache_is_not_written_through(server, entry, cache, tmp_path, suffix, link):
    """Whoever may write into a shared cache must not choose which of our files are overwritten."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious" * 100)
    cache.mkdir(exist_ok=True)
    link(victim, cache / f"sample.bin{suffix}")
    server.answers = [whole(DATA)]
    unknown = replace(entry, sha256=None, bytes=None)
    assert fetch(unknown).read_bytes() == DATA
    assert victim.read_bytes() == b"precious" * 100
    assert not (cache / "sample.bin").is_symlink()


def test_parts_that_nobody_goes_on_with_are_cleared_at_the_next_download(server, entry, cache):
    cache.mkdir(exist_ok=True)
    for name in ("old.bin.part", "old.bin.part.json", "new.bin.part", "old.bin"):
        (cache / name).write_bytes(b"some")
        if name.startswith("old"):
            os.utime(cache / name, (0, 0))
    server.answers = [whole(DATA)]
    fetch(entry)
    assert files(cache) == ["new.bin.part", "old.bin", "sample.bin"]
