"""What `fetch` promises: the right file, once, whoever asks and whatever was there before."""

import errno
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from mobilenetv2.catalog.entries import find
from mobilenetv2.weights.public.cache import Slot, cache_folder
from mobilenetv2.weights.public.fetch import cached, fetch
from tests.weights.faulty_server import (
    DATA,
    OTHER,
    QUICK,
    SHA256,
    cut,
    failure,
    files,
    folder,
    held,
    redirect,
    whole,
)

# A runner that was itself started in the background hands down an ignored SIGINT.
CHILD = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from mobilenetv2.weights.public.fetch import fetch
from mobilenetv2.catalog.entries import PublicWeights
entry = PublicWeights(**json.loads(sys.argv[1]))
print("asking", flush=True)
print(fetch(entry), flush=True)
"""


def test_the_catalogue_s_files_come_from_a_mirror_over_http(server, shared, cache, monkeypatch):
    server.answers = [folder(shared / "weights")]
    monkeypatch.setenv("MOBILENETV2_MIRROR", server.url + "/")
    for name in ("imagenet", "imagenet-quant", "voc", "voc-0.5"):
        entry = find(name)
        path = fetch(entry)
        assert path == cache / entry.file == cached(entry)
        assert path.read_bytes() == (shared / "weights" / entry.file).read_bytes()
    assert len(server.asked) == 4


def test_the_catalogue_s_files_come_from_a_folder_offline(shared, cache, monkeypatch):
    monkeypatch.setenv("MOBILENETV2_MIRROR", str(shared / "weights"))
    monkeypatch.setenv("MOBILENETV2_OFFLINE", "1")
    assert fetch(find("voc-0.5")).stat().st_size == find("voc-0.5").bytes


def test_a_second_fetch_asks_nobody(server, entry):
    server.answers = [whole(DATA)]
    reports = []
    assert fetch(entry, lambda *report: reports.append(report)).read_bytes() == DATA
    assert reports[0] == (0, len(DATA))
    assert reports[-1] == (len(DATA), len(DATA))
    assert fetch(entry, lambda *_: pytest.fail("nothing to report")).read_bytes() == DATA
    assert len(server.asked) == 1


def test_nothing_but_the_file_and_its_lock_stays(server, entry, cache):
    server.answers = [whole(DATA)]
    fetch(entry)
    assert files(cache) == ["sample.bin"]


@pytest.mark.skipif(sys.platform != "linux", reason="names Linux's variable")
def test_without_the_variable_the_user_s_cache_folder_is_used(cache, tmp_path, monkeypatch):
    monkeypatch.delenv("MOBILENETV2_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mobilenetv2"


def test_a_spoiled_file_in_the_cache_is_downloaded_again(server, entry, cache):
    server.answers = [whole(DATA)]
    cache.mkdir()
    (cache / "sample.bin").write_bytes(DATA[:-1] + b"?")
    assert fetch(entry).read_bytes() == DATA


def test_a_wrong_hash_is_deleted_and_both_hashes_are_named(server, entry, cache):
    server.answers = [whole(OTHER)]
    message = failure(entry)
    assert SHA256 in message
    assert hashlib.sha256(OTHER).hexdigest() in message
    assert "writable" not in message, "the disk is not to blame"
    assert files(cache) == []


def test_torchvision_s_eight_digits_are_compared(server, entry):
    server.answers = [whole(DATA)]
    short = replace(entry, sha256=SHA256[:8], bytes=None)
    assert fetch(short).read_bytes() == DATA
    assert "wrong sha256" in failure(replace(short, file="b.bin", sha256="00000000"))


def test_the_hub_s_hash_is_taken_from_the_redirect(server, entry):
    unknown = replace(entry, sha256=None, bytes=None)
    stored = f"{server.url}/stored"
    # The storage behind the hub has ETags of its own that look alike and are no sha256.
    hub = redirect(stored, X_Linked_ETag=f'"{SHA256}"')
    server.answers = [hub, whole(DATA, etag=f'"{"0" * 64}"')]
    assert fetch(unknown).read_bytes() == DATA
    server.answers = [hub, whole(OTHER)]
    message = failure(replace(unknown, file="b.bin"))
    assert f"the server states {SHA256}" in message


def test_an_etag_that_looks_like_a_hash_is_none(server, entry):
    server.answers = [whole(DATA, etag=f'"{"0" * 64}"')]
    assert fetch(replace(entry, sha256=None, bytes=None)).read_bytes() == DATA


def test_a_hash_seen_first_must_be_seen_again(server, entry, cache):
    unknown = replace(entry, sha256=None, bytes=None)
    server.answers = [whole(DATA)]
    fetch(unknown).unlink()
    server.answers = [whole(OTHER)]
    message = failure(unknown)
    assert f"the first download had {SHA256}" in message
    assert f"delete {cache / 'sample.bin.sha256'}" in message
    (cache / "sample.bin.sha256").unlink()
    assert fetch(unknown).read_bytes() == OTHER


def test_two_versions_stitched_together_are_found_out_and_replaced(server, entry):
    server.answers = [
        cut(OTHER, 100_000, etag=None),
        whole(DATA, etag=None),
        whole(DATA, etag=None),
    ]
    assert fetch(entry, patience=QUICK).read_bytes() == DATA
    assert server.ranges() == [None, "bytes=100000-", None]


def test_no_server_is_reported_at_once(entry):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    message = failure(replace(entry, urls=(f"http://127.0.0.1:{port}/sample.bin",)))
    assert "attempts" not in message
    assert "cannot be reached" in message
    assert os.strerror(errno.ECONNREFUSED) in message


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_the_offline_switch_allows_the_cache_only(server, entry, monkeypatch, by):
    server.answers = [whole(DATA)]
    options = {"offline": True} if by == "argument" else {}
    if by == "environment":
        monkeypatch.setenv("MOBILENETV2_OFFLINE", "1")
    assert "MOBILENETV2_OFFLINE" in failure(entry, **options)
    assert server.asked == []
    fetch(entry, offline=False)
    assert fetch(entry, **options).read_bytes() == DATA


def test_a_mirror_that_is_no_folder_is_named(entry, monkeypatch):
    monkeypatch.setenv("MOBILENETV2_MIRROR", "ftp://weights")
    assert "must be a folder or begin with http:// or https://, got 'ftp://weights'" in failure(
        entry
    )


def test_a_mirror_without_the_file_is_named(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("MOBILENETV2_MIRROR", str(tmp_path))
    assert (tmp_path / "sample.bin").as_uri() in failure(entry)


def child(entry):
    fields = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(fields)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_keeps_what_came(server, entry, cache):
    def stop(received, _total):
        if received:
            raise KeyboardInterrupt

    server.answers = [whole(DATA)]
    with pytest.raises(KeyboardInterrupt):
        fetch(entry, stop)
    kept = (cache / "sample.bin.part").stat().st_size
    assert 0 < kept < len(DATA)
    assert fetch(entry).read_bytes() == DATA
    assert server.ranges() == [None, f"bytes={kept}-"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_process_is_resumed_by_the_next(server, entry, cache, how):
    gate = threading.Event()
    server.answers = [held(DATA, 200_000, gate), whole(DATA)]
    slot = Slot(cache / entry.file)
    with child(entry) as process:
        deadline = time.monotonic() + 10
        while slot.part_size() < 200_000 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(how)
        process.communicate()
    gate.set()
    assert process.returncode != 0
    assert slot.part_size() == 200_000
    assert fetch(entry).read_bytes() == DATA
    assert server.ranges() == [None, "bytes=200000-"]


def test_three_processes_make_one_download(server, entry, cache):
    gate = threading.Event()
    server.answers = [held(DATA, 200_000, gate)]
    processes = [child(entry) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "asking\n"
    gate.set()
    for process in processes:
        output, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")
        assert output.strip() == str(cache / "sample.bin")
    assert (cache / "sample.bin").read_bytes() == DATA
    assert len(server.asked) == 1
