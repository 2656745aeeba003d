"""Shards in a store are answered, learnt from and indexed as those on a disk."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.place import mark
from mobilenetv2.tasks.labeled import read_labeled
from tests.shards.tars import classes

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for number in range(2):
        keys = [(f"{number}-{key}", str(key % 2)) for key in range(3)]
        classes(tmp_path / f"shards/a-{number}.tar", keys, seed=10 * number)
    return tmp_path / "shards"


@pytest.fixture
def in_memory(shards: Path) -> str:
    name = shards.parent.name
    for path in shards.iterdir():
        fsspec.filesystem("memory").pipe_file(f"{name}/{path.name}", path.read_bytes())
    return f"memory://{name}"


@pytest.fixture
def over_http(shards: Path) -> Iterator[str]:
    pytest.importorskip("aiohttp", reason="fsspec reads http with it")
    content = {f"/{path.name}": path.read_bytes() for path in shards.iterdir()}

    class Ranges(BaseHTTPRequestHandler):
        """Parts of files, as stores give them."""

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            whole = content.get(self.path)
            if whole is None:
                self.send_error(404)
                return
            asked = self.headers.get("Range")
            first, last = 0, len(whole) - 1
            if asked:
                begin, end = asked.removeprefix("bytes=").split("-")
                first, last = int(begin), min(int(end or last), last)
            self.send_response(206 if asked else 200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(last + 1 - first))
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(whole)}")
            self.end_headers()
            if body:
                self.wfile.write(whole[first : last + 1])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("store", ["in_memory", "over_http"])
def test_pictures_are_answered_and_read_with_their_classes(
    store: str, shards: Path, tiny_file: Path, tmp_path: Path, request: pytest.FixtureRequest
):
    place = f"{request.getfixturevalue(store)}/a-{{0..1}}.tar"
    read = read_labeled(Path(place), ("x", "y"))
    assert list(read.targets) == [0, 1, 0, 0, 1, 0]

    def answers(where: str, out: str) -> list[dict[str, object]]:
        asked = ["predict", where, "--model", str(tiny_file), "--out", str(tmp_path / out)]
        shown = CliRunner().invoke(main, asked)
        assert shown.exit_code == 0, shown.output
        lines = (tmp_path / out / "part-000000.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    ours, theirs = answers(str(shards / "a-{0..1}.tar"), "disk"), answers(place, "store")
    assert len(theirs) == 6
    for mine, other in zip(ours, theirs, strict=True):
        assert other["predictions"] == mine["predictions"]
        assert str(other["path"]).startswith(place.split("{")[0])


@pytest.mark.parametrize(
    ("url", "package"), [("s3://bucket/a.tar", "s3fs"), ("gs://bucket/a.tar", "gcsfs")]
)
def test_a_store_without_its_package_names_the_command(
    url: str, package: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DatasetError, match=rf"{url} .*\(pip install {package}\)"):
        mark(url)
