"""A local HTTP server whose answers are scripted, so that every way to fail can be had.

With it, what it serves and how the tests look at what `fetch` made of it.
"""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mobilenetv2.errors import DownloadError
from mobilenetv2.transfer.patience import Patience
from mobilenetv2.weights.public.fetch import fetch

DATA = random.Random(0).randbytes(300_000)
"""What should be served."""
OTHER = random.Random(1).randbytes(300_000)
"""As long, and something else."""
SHA256 = hashlib.sha256(DATA).hexdigest()
QUICK = Patience(timeout=0.4, attempts=4, pause=0.0)
"""Not longer than a test needs."""

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: "FaultyServer"

    def do_GET(self):
        answer = self.server.next_answer(self)
        # A client that has had enough closes the connection; that is no failure of the server.
        with suppress(ConnectionError):
            answer(self)

    def log_message(self, *_arguments):
        pass

    def head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def offset(self):
        """Where a Range request wants to go on, or 0."""
        wanted = self.headers.get("Range", "bytes=0-")
        return int(wanted.removeprefix("bytes=").removesuffix("-"))


class FaultyServer(ThreadingHTTPServer):
    """Gives its `answers` one by one, the last of them for ever, and keeps what was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._turn = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def next_answer(self, handler):
        with self._turn:
            self.asked.append((handler.path, dict(handler.headers)))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def ranges(self):
        """The Range header of each request, None where there was none."""
        return [headers.get("Range") for _, headers in self.asked]


def failure(entry, patience=QUICK, **options) -> str:
    """The message of the error that `fetch` must end with."""
    with pytest.raises(DownloadError) as caught:
        fetch(entry, patience=patience, **options)
    return str(caught.value)


def files(path: Path) -> list[str]:
    """Names in the cache but for locks, which stay on purpose."""
    return sorted(file.name for file in path.iterdir() if file.suffix != ".lock")


@contextmanager
def running() -> Iterator[FaultyServer]:
    with FaultyServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def whole(data: bytes, *, etag='"v1"', ranges=True, **headers) -> Answer:
    """A good server."""
    return cut(data, len(data), etag=etag, ranges=ranges, **headers)


def cut(data: bytes, until: int, *, etag='"v1"', ranges=True, **headers) -> Answer:
    """Promises all of the file and closes the connection at byte `until`."""

    def answer(handler):
        start, common = _begin(handler, data, etag, ranges)
        handler.head(206 if start else 200, **common | headers)
        handler.wfile.write(data[start:until])

    return answer


def held(data: bytes, until: int, gate: threading.Event) -> Answer:
    """Sends up to byte `until`, then nothing before the gate opens."""

    def answer(handler):
        start, common = _begin(handler, data, '"v1"', True)
        handler.head(206 if start else 200, **common)
        handler.wfile.write(data[start:until])
        handler.wfile.flush()
        gate.wait(20)
        handler.wfile.write(data[max(start, until) :])

    return answer


def trickle(data: bytes, piece: int, pause: float) -> Answer:
    """Slow, but never silent for longer than `pause` seconds."""

    def answer(handler):
        handler.head(200, Content_Length=len(data))
        for start in range(0, len(data), piece):
            handler.wfile.write(data[start : start + piece])
            threading.Event().wait(pause)

    return answer


def trickling_head(data: bytes, pause: float) -> Answer:
    """An answer whose head comes letter by letter, and never silent for longer than `pause`."""

    def answer(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        for _ in range(1000):
            handler.wfile.write(b"x")
            threading.Event().wait(pause)
        handler.head(200, Content_Length=len(data))

    return answer


def misplaced(data: bytes) -> Answer:
    """Answers a resumption with the part from byte 0."""

    def answer(handler):
        fields = {"Content_Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
        handler.head(206, Content_Length=len(data), ETag='"v1"', **fields)
        handler.wfile.write(data)

    return answer


def unsized(data: bytes, *, ranges=True) -> Answer:
    """States no length; the end of the connection is the end of the file."""

    def answer(handler):
        start = handler.offset() if ranges else 0
        fields = {"Content_Range": f"bytes {start}-{len(data) - 1}/*"} if start else {}
        handler.head(206 if start else 200, ETag='"v1"', **fields)
        handler.wfile.write(data[start:])

    return answer


def endless() -> Answer:
    """States no length and never stops."""

    def answer(handler):
        handler.head(200)
        while True:
            handler.wfile.write(bytes(1 << 16))

    return answer


def status(code: int) -> Answer:
    """Refuses."""
    return lambda handler: handler.head(code, Content_Length=0)


def redirect(url: str, **headers) -> Answer:
    """Sends the client elsewhere."""
    return lambda handler: handler.head(302, Location=url, Content_Length=0, **headers)


def folder(path: Path) -> Answer:
    """The files of a folder under their names."""

    def answer(handler):
        file = path / handler.path.lstrip("/")
        (whole(file.read_bytes()) if file.is_file() else status(404))(handler)

    return answer


def _begin(handler, data, etag, ranges):
    same = etag is not None and handler.headers.get("If-Range") in (None, etag)
    start = handler.offset() if ranges and (same or etag is None) else 0
    fields = {"Content_Length": len(data) - start}
    if start:
        fields["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return start, fields | ({"ETag": etag} if etag else {})
