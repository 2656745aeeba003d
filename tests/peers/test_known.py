"""Runtimes: each file stands alone, and one that is missing says how to get it."""

import re
import sys
from pathlib import Path

import pytest

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.peers.known import PEERS, open_peer


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_its_file_needs_numpy_and_its_runtime_alone(peer):
    code = peer.file.read_text("utf-8")
    assert "def open_file(path: str, threads: int)" in code
    assert not re.search(r"^\s*(from|import) mobilenetv2", code, re.MULTILINE)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_missing_runtime_names_the_command(peer, monkeypatch):
    for name in (peer.name, "ai_edge_litert", "ai_edge_litert.interpreter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'mobilenetv2\[bench\]'"):
        open_peer(peer, Path("model"), threads=1)
