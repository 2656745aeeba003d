"""A picture's header, read by Pillow and judged by our limit; nothing is decoded yet."""

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISREG
from threading import Lock
from typing import IO, Literal, cast

from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.reading import NO_FILE, never_ends
from mobilenetv2.shards.member import Member
from mobilenetv2.tasks.picture_kinds import ICONS, File, Opened, first_bytes, is_heif, reads_heif
from mobilenetv2.tasks.picture_room import require_room

JPEG = b"\xff\xd8\xff"

READ_WHOLE = 2**26
"""Bytes of a JPEG up to which it is read at once where it will be decoded in any case."""

_FILTERS_OF_WARNINGS = Lock()
"""They are the process's: of two threads that silence one and bring back what they found, the later
would bring back the other's silence."""


def open_header(picture: Opened) -> Image.Image:
    """A picture of which Pillow has read the header.

    Args:
        picture: no image of a caller's.

    Raises:
        ImageError: no regular file, or too large.
        Exception: whatever Pillow and the system say of a file.
    """
    if isinstance(picture, Image.Image):
        require_room(picture)
        return picture
    if isinstance(picture, Member):
        picture = picture.read_bytes()
    if not isinstance(picture, bytes) and never_ends(picture):
        raise ImageError(f"a picture {NO_FILE}")
    image = _open(io.BytesIO(picture) if isinstance(picture, bytes) else picture)
    try:
        require_room(image)
    except ImageError:
        image.close()
        raise
    return image


def open_to_decode(picture: Opened) -> Image.Image:
    """The same; a JPEG is read in one piece, which is what its decoder would come back for.

    Raises:
        ImageError: as `open_header`.
        Exception: as `open_header`.
    """
    if isinstance(picture, str | os.PathLike):
        status = os.stat(picture)  # noqa: PTH116 - a str needs no Path for this
        if S_ISREG(status.st_mode) and status.st_size <= READ_WHOLE:
            with open(picture, "rb", buffering=0) as file:  # noqa: PTH123
                first = file.read(len(JPEG))
                if first == JPEG:
                    return open_header(first + file.read())
    return open_header(picture)


def _open(source: File) -> Image.Image:
    """As Pillow does, which learns of HEIF where a file turns out to be one, whatever its name."""
    first = first_bytes(source)
    if first.startswith(JPEG):
        image = _jpeg(source)
        if image is not None:
            return image
    if is_heif(first):
        reads_heif()
    # Our own limit is the one that counts; PIL's warning would be noise. An icon's directory states
    # 256 pixels, the picture inside what it likes, and it is decoded on opening: there Pillow's own
    # limit, 89 megapixels, holds.
    with said_of_bombs("error" if first.startswith(ICONS) else "ignore"):
        return Image.open(source)


@contextmanager
def said_of_bombs(action: Literal["error", "ignore"]) -> Iterator[None]:
    """Have Pillow's warning of a large picture raised or not given, on one thread at a time."""
    with _FILTERS_OF_WARNINGS, warnings.catch_warnings():
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        yield


def _jpeg(source: File) -> Image.Image | None:
    """A JPEG without Pillow's warning and its look at what else it might be; None: no JPEG."""
    # A process that answers one JPEG needs no other plugin: 5 ms.
    from PIL.JpegImagePlugin import jpeg_factory

    path = "" if isinstance(source, io.BytesIO) else os.fspath(source)
    try:
        return jpeg_factory(cast("IO[bytes]", path or source), path)
    except (SyntaxError, IndexError, TypeError, struct.error):
        return None
