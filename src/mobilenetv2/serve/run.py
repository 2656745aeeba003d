"""The server as a process: it listens, and when it is told to end it answers first."""

import asyncio
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mobilenetv2.serve.limits import Limits

DRAIN_SECONDS = 30
"""For requests that are being answered when SIGTERM comes."""

MOST_CONNECTIONS = 1024
"""Open at once; beyond, uvicorn answers 503."""


def serve(app: Starlette, host: str, port: int, limits: Limits) -> None:
    """Answer until SIGTERM or SIGINT, then end what was begun; see `make_server`."""
    make_server(app, host, port, limits).run()


def make_server(app: Starlette, host: str, port: int, limits: Limits) -> uvicorn.Server:
    """A server that is not running yet.

    Args:
        app: what to serve.
        host: an address of this machine.
        port: 0 takes a free one, which uvicorn's first lines tell.
        limits: how long a request's head may take.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=_impatient(limits.head_seconds),
            ws="none",
            log_level="info",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )


def _impatient(seconds: float) -> type[asyncio.Protocol]:
    """Uvicorn's protocol, which waits for a request's head for ever, with a limit to that."""

    class Impatient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's own
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _watch(self) -> None:
            cycle = self.cycle
            if cycle is not None and not cycle.response_complete:
                self._stop()
            elif self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

        def _stop(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            self._timer = None
            cycle = self.cycle
            if cycle is None or cycle.response_complete:
                self.transport.close()

    return Impatient
