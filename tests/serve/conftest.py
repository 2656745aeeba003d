"""A server in a thread, asked over a real socket."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mobilenetv2
from mobilenetv2.pipeline import Predictor

pytest.importorskip("uvicorn", reason="needs mobilenetv2[serve]")

from mobilenetv2.serve.app import Service
from mobilenetv2.serve.limits import Limits
from mobilenetv2.serve.run import make_server


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Asks one server, a connection a request."""

    port: int

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())
        finally:
            connection.close()


@contextmanager
def serving(
    model: Predictor[Any], limits: Limits | None = None, token: str | None = None
) -> Iterator[Client]:
    """A server with this model for as long as the block lasts."""
    limits = limits or Limits(workers=2)
    server = make_server(Service(model, "tiny", limits, token).app(), "127.0.0.1", 0, limits)
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    try:
        yield Client(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(scope="package")
def classifier(tiny_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_file, threads=1)


@pytest.fixture(scope="package")
def client(classifier: mobilenetv2.Model) -> Iterator[Client]:
    with serving(classifier) as asked:
        yield asked
