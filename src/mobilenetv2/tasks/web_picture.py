"""A picture behind an http(s) address: its bytes, within limits of size, time and redirects."""

import http.client
import re
import time
from base64 import b64encode
from typing import IO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)
from urllib.response import addinfourl

from mobilenetv2.errors import ImageError
from mobilenetv2.transfer.address import is_web_address, without_password
from mobilenetv2.transfer.answer_head import head_within
from mobilenetv2.transfer.body import HEADERS, chunks, describe
from mobilenetv2.transfer.patience import TRY_AGAIN, Pace, Patience, TransferError

MAX_BYTES = 100_000_000
"""Of a picture's file; what its pixels may take is asked of its header, see `tasks.picture`."""

MAX_SECONDS = 60.0
"""From the first byte of the body to the last, in one attempt."""

MAX_REDIRECTS = 5

PATIENCE = Patience(timeout=20.0, attempts=3)

_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~|"
"""What stands in a path or a query as it is."""

STREAMS = re.compile(
    r"video/|multipart/x-mixed-replace|application/(vnd\.apple\.|x-)mpegurl|.*dash"
)
"""Types of content that are no single picture."""


def fetch_picture(url: str, patience: Patience = PATIENCE) -> bytes:
    """The bytes behind an http(s) address.

    Redirects stay within http and https, `MAX_REDIRECTS` at most; a stated length is compared
    with `MAX_BYTES` before the body is read, and with what came after it.

    Raises:
        ImageError: with the address; it cannot be reached, refuses, sends too much or too slowly.
    """
    reason = TransferError("no attempt was allowed")
    for _ in patience.tries():
        try:
            with _opened(url, patience) as response:
                return _body(response, patience)
        except TransferError as error:
            reason = error
        except ImageError as error:
            raise ImageError(f"{without_password(url)}: {error}") from error
    raise ImageError(f"{without_password(url)}: {reason} ({patience.attempts} attempts)")


def content_type(url: str, patience: Patience = PATIENCE) -> str:
    """What the server says that an address holds, such as "image/jpeg"; "" where it says nothing.

    Raises:
        ImageError: it cannot be reached, or refuses.
    """
    try:
        with _opened(url, patience) as response:
            return response.headers.get_content_type() if response.headers["Content-Type"] else ""
    except (TransferError, ImageError) as error:
        raise ImageError(f"{without_password(url)}: {error}") from error


class _Redirects(HTTPRedirectHandler):
    """Few, and to no other kind of address: not to files of this machine."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Request | None:
        if not is_web_address(newurl):
            raise ImageError(f"a redirect must lead to http:// or https://, got {newurl[:200]!r}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opened(url: str, patience: Patience) -> addinfourl:
    opener = OpenerDirector()
    try:
        request = _request(url)
        with head_within(patience.window) as handlers:
            # Not build_opener, which adds handlers of file: and data: addresses and of FTP.
            for handler in (
                *handlers, ProxyHandler(), UnknownHandler(), _Redirects(),
                HTTPDefaultErrorHandler(), HTTPErrorProcessor(),
            ):  # fmt: skip
                opener.add_handler(handler)
            response = opener.open(request, timeout=patience.timeout)
    except HTTPError as error:
        error.close()
        answer = f"the server answered {error.code} {error.reason}".replace("\n", " ")
        if error.code in TRY_AGAIN:
            raise TransferError(answer) from error
        raise ImageError(answer) from error
    except URLError as error:
        raise ImageError(f"it cannot be reached: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise TransferError(describe(error)) from error
    except ImageError:
        raise
    # A host's name that no DNS can hold, a port that is no number, half a bracket.
    except ValueError as error:
        raise ImageError(f"it is no address that can be asked: {error}") from error
    return cast("addinfourl", response)


def _request(url: str) -> Request:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ImageError("an address must name a host, as in https://host/picture.jpg")
    # Spaces and letters of any alphabet, as people copy them; what is escaped already stays so.
    path, query = (quote(part, safe=_IN_ADDRESSES) for part in (parts.path, parts.query))
    host = parts.netloc.rpartition("@")[2]
    request = Request(parts._replace(netloc=host, path=path, query=query).geturl())
    for name, value in HEADERS.items():
        request.add_header(name, value)
    if parts.username is not None:
        said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        # Unredirected: another host must not get it.
        request.add_unredirected_header(
            "Authorization", f"Basic {b64encode(said.encode()).decode('ascii')}"
        )
    return request


def _body(response: addinfourl, patience: Patience) -> bytes:
    kind = response.headers.get_content_type()
    if kind == "text/html":
        raise ImageError("a web page came instead of a picture; give the picture's own address")
    if STREAMS.match(kind):
        raise ImageError(f"it is a stream ({kind}), not a picture; `Model.stream` takes it")
    length = response.headers.get("Content-Length", "")
    stated = int(length) if length.isdecimal() and len(length) < 20 else None
    if stated is not None and stated > MAX_BYTES:
        raise ImageError(f"at most {MAX_BYTES:,} bytes are taken, the server offers {stated:,}")
    pace = Pace(lambda _received, _total: None, patience)
    end = time.monotonic() + MAX_SECONDS
    parts: list[bytes] = []
    received = 0
    pace(received, stated)
    for chunk in chunks(response):
        parts.append(chunk)
        received += len(chunk)
        if received > MAX_BYTES:
            raise ImageError(f"at most {MAX_BYTES:,} bytes are taken, the server sends more")
        if time.monotonic() > end:
            raise ImageError(
                f"it must be there within {MAX_SECONDS:g} seconds, {received:,} bytes came"
            )
        pace(received, stated)
    if stated is not None and received != stated:
        raise TransferError(f"the connection ended after {received:,} of {stated:,} bytes")
    return b"".join(parts)
