"""An HTTP answer's head within a time: `urllib` waits for each line of it anew."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.request import BaseHandler, HTTPHandler, HTTPSHandler, Request

from mobilenetv2.transfer.patience import TransferError


@contextmanager
def head_within(seconds: float) -> Iterator[tuple[BaseHandler, BaseHandler]]:
    """Handlers for an opener whose connections are shut if the block takes longer.

    What a server sends line by line, or byte by byte, resets every timeout of the socket's.

    Raises:
        TransferError: it took longer, and what came so far looked like a whole head.
    """
    sockets: list[socket.socket] = []
    lock = threading.Lock()
    late = threading.Event()

    def connected(connection: socket.socket) -> None:
        with lock:
            sockets.append(connection)
            if late.is_set():
                _shut(connection)

    def shut_all() -> None:
        with lock:
            late.set()
            for connection in sockets:
                _shut(connection)

    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class SecureConnection(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class Plain(HTTPHandler):
        def http_open(self, req: Request) -> http.client.HTTPResponse:
            return self.do_open(Connection, req)

    class Secure(HTTPSHandler):
        def https_open(self, req: Request) -> http.client.HTTPResponse:
            return self.do_open(SecureConnection, req, context=ssl.create_default_context())

    timer = threading.Timer(seconds, shut_all)
    timer.daemon = True
    timer.start()
    try:
        yield Plain(), Secure()
    finally:
        timer.cancel()
    if late.is_set():
        raise TransferError(
            f"the connection was left, as the answer's head was not there within {seconds:g} s"
        )


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
