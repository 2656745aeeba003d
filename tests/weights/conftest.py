"""A local server, an empty cache and a small disk, for the tests of downloads."""

import subprocess
import sys

import pytest

from mobilenetv2.catalog.entries import PublicWeights
from tests.weights.faulty_server import DATA, SHA256, running


@pytest.fixture
def server():
    """Scripted answers over real HTTP."""
    with running() as server:
        yield server


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and none of the caller's own settings."""
    for name in ("MOBILENETV2_MIRROR", "MOBILENETV2_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOBILENETV2_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def entry(server, cache):
    """An entry of the catalogue that the server has; the cache is empty."""
    return PublicWeights(
        name="sample",
        file="sample.bin",
        urls=(f"{server.url}/sample.bin",),
        sha256=SHA256,
        bytes=len(DATA),
        license="Apache-2.0",
        task="classification",
        figure=None,
        labels="imagenet",
    )


@pytest.fixture
def tiny_disk(cache, tmp_path, monkeypatch):
    """A real file system with 64 KiB, as the cache."""
    if sys.platform != "linux":
        pytest.skip("mounting a small disk is written for Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    monkeypatch.setenv("MOBILENETV2_CACHE", str(disk))
    yield disk
    subprocess.run(["umount", disk], check=True)
