"""An HTTP answer's body as it comes, and what a broken connection is called."""

import http.client
from collections.abc import Iterator
from urllib.response import addinfourl

from mobilenetv2.transfer.patience import TransferError

CHUNK_BYTES = 1 << 16

HEADERS = {"Accept-Encoding": "identity", "User-Agent": "mobilenetv2 (python-urllib)"}


def chunks(response: addinfourl) -> Iterator[bytes]:
    """The body in pieces of up to `CHUNK_BYTES`.

    Raises:
        TransferError: the connection broke, or the server fell silent.
    """
    while True:
        try:
            # read1 gives what is there; read would wait for a full chunk and, when a slow
            # server stops for good, lose the bytes that came before.
            chunk = response.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise TransferError(describe(error)) from error
        if not chunk:
            return
        yield chunk


def describe(error: Exception) -> str:
    """What happened to a connection, in words."""
    if isinstance(error, TimeoutError):
        return "the server fell silent"
    return f"the connection broke: {error or type(error).__name__}"
