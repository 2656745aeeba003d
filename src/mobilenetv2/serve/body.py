"""A request's body, as much of it as there may be and as long as it may take."""

import asyncio

from starlette.requests import Request

from mobilenetv2.serve.limits import Limits
from mobilenetv2.serve.refusals import RefusalError, SlowError, TooLargeError


async def read_body(request: Request, limits: Limits) -> bytes:
    """All bytes.

    Raises:
        TooLargeError: more than `limits.bytes`, told or found.
        SlowError: they did not come within `limits.body_seconds`.
    """
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdecimal() and int(told[:19]) > limits.bytes:
        raise _too_large(limits)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > limits.bytes:
                    raise _too_large(limits)
                parts.append(part)
    except TimeoutError as error:
        rule = f"a body must arrive within {limits.body_seconds:g} s"
        raise SlowError(f"{rule}, got {size:,} bytes") from error
    return b"".join(parts)


async def read_picture(request: Request, limits: Limits) -> bytes:
    """The picture: the body itself, or the one file of a form.

    Raises:
        RefusalError: no bytes, or a form without a file.
        TooLargeError, SlowError: as `read_body`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, limits)
    if kind == "multipart/form-data":
        body = await _form_file(request, body)
    if not body:
        raise RefusalError(
            "send a picture's bytes as the body, as `curl --data-binary @photo.jpg` does, or as a "
            "field of a form, as `curl -F picture=@photo.jpg` does; got none"
        )
    return body


async def _form_file(request: Request, body: bytes) -> bytes:
    """The file of a form whose bytes are all here: nothing is spooled to a disk."""
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    from mobilenetv2.serve.form import only_file

    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise RefusalError("multipart/form-data needs a boundary, got none")
    try:
        found = only_file(body, boundary)
    except FormParserError as error:
        raise RefusalError(f"the form cannot be read: {error}") from error
    if found is None:
        raise RefusalError(
            "a form needs a file, as `curl -F picture=@photo.jpg` sends it, got none"
        )
    return found


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(f"a body may have at most {limits.bytes:,} bytes")
