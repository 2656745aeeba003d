"""A folder behind HTTP, for this machine alone."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from mobilenetv2.errors import OptionError
from mobilenetv2.web.server import PageServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "a.js").write_text("export {};")
    (tmp_path / "page" / "a.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret").write_text("not for browsers")
    with PageServer(tmp_path / "page", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def get(server: PageServer, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def test_pages_are_isolated_and_types_are_right(server: PageServer):
    answer = get(server, "/a.js")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert get(server, "/a.wasm").headers["content-type"] == "application/wasm"


def test_nothing_is_listed_and_nothing_outside_is_served(server: PageServer):
    assert get(server, "/").status == 404
    assert get(server, "/../secret").status == 404
    assert get(server, "/%2e%2e/secret").status == 404


def test_only_this_machine_is_answered(server: PageServer):
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/"


def test_a_taken_port_is_told_of(server: PageServer, tmp_path: Path):
    with pytest.raises(OptionError, match=r"port .* cannot be used: .*--port 0"):
        PageServer(tmp_path, server.server_port)
