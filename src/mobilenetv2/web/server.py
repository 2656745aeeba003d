"""A folder behind HTTP on this machine, with the headers that a page with threads needs."""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mobilenetv2.errors import OptionError

HOST = "127.0.0.1"

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Together they isolate a page, and browsers give shared memory to such pages only."""


class PageHandler(SimpleHTTPRequestHandler):
    """Files of a folder; nothing is listed, and nothing is said but of what failed."""

    protocol_version = "HTTP/1.1"
    # A head and a small body are two packets: the second would wait for word of the first.
    disable_nagle_algorithm = True
    # Not the system's list, which on some knows neither: scripts of another type do not run.
    extensions_map = {  # noqa: RUF012 - as the parent has it
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".webmanifest": "application/manifest+json",
        ".svg": "image/svg+xml",
        ".jpg": "image/jpeg",
        ".wasm": "application/wasm",
        "": "application/octet-stream",
    }

    def end_headers(self) -> None:
        """Isolate the page, and have browsers ask whether a file has changed."""
        if self.server.isolated:  # type: ignore[attr-defined]
            for name, value in HEADERS.items():
                self.send_header(name, value)
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: str) -> None:  # type: ignore[override]  # noqa: ARG002
        """A folder without a page is not there."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of what went well."""


class PageServer(ThreadingHTTPServer):
    """Serves a folder to this machine alone; `serve_forever` runs it.

    Args:
        folder: what `write_site` wrote.
        port: 0 takes a free one.
        isolated: whether pages are cross-origin isolated, and so may use threads.

    Raises:
        OptionError: another program has the port.
    """

    daemon_threads = True
    handler = PageHandler

    def __init__(self, folder: Path, port: int, isolated: bool = True) -> None:
        self.isolated = isolated
        try:
            super().__init__((HOST, port), partial(self.handler, directory=str(folder)))
        except OSError as error:
            raise OptionError(
                f"port {port} cannot be used: {error.strerror}. Choose another with --port, or a "
                "free one with --port 0"
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the parent's
        """Say nothing of a browser that went away; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.server_port}/"
