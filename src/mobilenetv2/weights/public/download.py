"""One file over HTTP, kept as it arrives: retries, resumption, and no more bytes than promised."""

import http.client
import json
import re
from dataclasses import dataclass
from typing import IO, NoReturn
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener
from urllib.response import addinfourl

from mobilenetv2.errors import DownloadError
from mobilenetv2.transfer.answer_head import head_within
from mobilenetv2.transfer.body import HEADERS, chunks, describe
from mobilenetv2.transfer.patience import TRY_AGAIN, Pace, Patience, Progress, TransferError
from mobilenetv2.weights.public.cache import (
    Slot,
    open_own,
    require_room,
    storing,
    write_own,
)

MAX_BYTES = 256_000_000
"""The end for a server that states no size; the largest file of the catalogue has 25 MB."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a whole file came into the slot's part."""

    announced: str | None
    """The sha256 that the hub states in `X-Linked-ETag`, if it did."""
    stitched: bool
    """Put together from several responses, perhaps of different versions of the file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file, where it is to be had and where it goes."""

    url: str
    """http, https or file."""
    slot: Slot
    size: int | None
    """Exact bytes, or None where unknown."""
    checked: bool
    """Whether its hash is known. If so, a server without a strong ETag is trusted to go on with
    the same file, because a mix of two versions would be found out."""


class _Redirects(HTTPRedirectHandler):
    """Keeps the hash that the hub states on the redirect only, never on the file itself."""

    linked_etag: str | None = None

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Request | None:
        self.linked_etag = headers.get("X-Linked-ETag") or self.linked_etag
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(wanted: Wanted, progress: Progress, patience: Patience) -> Arrival:
    """Fetch a file into `wanted.slot.part`, going on where an earlier attempt or run stopped.

    The caller holds the slot's lock.

    Raises:
        DownloadError: a short reason, without a way out.
        CacheError: the disk refuses.
    """
    slot = wanted.slot
    stitched = slot.part_size() > 0
    reason = TransferError("no attempt was allowed")
    for _ in patience.tries():
        try:
            announced = _attempt(wanted, progress, patience)
        except TransferError as error:
            reason = error
            stitched = stitched or slot.part_size() > 0
        else:
            return Arrival(announced, stitched)
    raise DownloadError(f"{reason} ({patience.attempts} attempts)")


def _attempt(wanted: Wanted, progress: Progress, patience: Patience) -> str | None:
    with storing(wanted.slot):
        resumption = _resumption(wanted)
    if wanted.size is not None and wanted.slot.part_size() == wanted.size:
        return None
    redirects = _Redirects()
    request = Request(wanted.url, headers=HEADERS | resumption)
    try:
        with head_within(patience.window) as handlers:
            response = build_opener(redirects, *handlers).open(request, timeout=patience.timeout)
    except HTTPError as error:
        error.close()
        _refused(error, wanted.slot)
    except URLError as error:
        raise DownloadError(f"it cannot be reached: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise TransferError(describe(error)) from error
    with response:
        announced = _sha256(redirects.linked_etag or response.headers.get("X-Linked-ETag"))
        _receive(response, wanted, announced, Pace(progress, patience))
        return announced


def _refused(error: HTTPError, slot: Slot) -> NoReturn:
    answer = f"the server answered {error.code} {error.reason}"
    if error.code == 416:
        with storing(slot):
            slot.discard_part()
        raise TransferError(f"{answer} to a resumption") from error
    if error.code in TRY_AGAIN:
        raise TransferError(answer) from error
    raise DownloadError(answer) from error


def _resumption(wanted: Wanted) -> dict[str, str]:
    """The headers that ask for the rest, or none after discarding a part that cannot go on."""
    slot = wanted.slot
    offset = slot.part_size()
    if not offset:
        return {}
    try:
        origin = json.loads(slot.origin.read_text("utf-8"))
        etag = origin["etag"] if origin["url"] == wanted.url else None
    except (OSError, ValueError, KeyError, TypeError):
        etag = None
    too_long = wanted.size is not None and offset > wanted.size
    if too_long or (etag is None and not wanted.checked):
        slot.discard_part()
        return {}
    return {"Range": f"bytes={offset}-"} | ({"If-Range": etag} if etag else {})


def _receive(
    response: addinfourl, wanted: Wanted, announced: str | None, progress: Progress
) -> None:
    slot = wanted.slot
    start = _start(response, slot)
    total = _total(response, start, wanted.size)
    if total is None and not (wanted.checked or announced or response.headers["Transfer-Encoding"]):
        raise DownloadError("neither its size nor its hash is known, so a cut would go unnoticed")
    with storing(slot):
        if total is not None:
            require_room(slot, total - start)
        if start == 0:
            _begin(response, wanted)
        file = open_own(slot.part)
    limit = MAX_BYTES if total is None else total
    with file:
        progress(start, total)
        received = start
        for chunk in chunks(response):
            received += len(chunk)
            if received > limit:
                break
            with storing(slot):
                _write(file, chunk)
            progress(received, total)
    if received > limit:
        with storing(slot):
            slot.discard_part()
        raise DownloadError(f"the server sent more than the {limit:,} bytes allowed")
    if total is not None and received < total:
        raise TransferError(f"the connection ended after {received:,} of {total:,} bytes")


def _begin(response: addinfourl, wanted: Wanted) -> None:
    etag = response.headers.get("ETag", "")
    # A weak ETag may stay while bytes change, so it must not be used to resume.
    origin = {"url": wanted.url, "etag": etag if etag.startswith('"') else None}
    wanted.slot.discard_part()
    write_own(wanted.slot.origin, json.dumps(origin))


def _start(response: addinfourl, slot: Slot) -> int:
    """Where the body's first byte belongs: at the part's end, or 0 if the server starts over."""
    offset = slot.part_size()
    content = response.headers.get_content_type()
    if content == "text/html":
        raise DownloadError("a web page came instead of the file, as from a network's login page")
    # A file:// response has no status.
    if response.status in (None, 200):
        return 0
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status == 206 and found and int(found[1]) == offset:
        return offset
    with storing(slot):
        slot.discard_part()
    raise TransferError(f"the server answered {response.status} with another part of the file")


def _total(response: addinfourl, start: int, size: int | None) -> int | None:
    """Bytes of the whole file, from the catalogue or else from the server."""
    length = response.headers.get("Content-Length", "")
    stated = start + int(length) if length.isdecimal() else None
    if size is not None and stated is not None and stated != size:
        raise DownloadError(f"the file must have {size:,} bytes, the server offers {stated:,}")
    if stated is not None and stated > MAX_BYTES:
        raise DownloadError(f"at most {MAX_BYTES:,} bytes are taken, the server offers {stated:,}")
    return size if size is not None else stated


def _write(file: IO[bytes], chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _sha256(etag: str | None) -> str | None:
    """The hash in a linked ETag; the hub's ETags of files outside LFS are git's and shorter."""
    digits = (etag or "").strip('"')
    return digits if re.fullmatch("[0-9a-f]{64}", digits) else None
