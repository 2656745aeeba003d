"""Lists of pictures, in files and on standard input."""

import io
from base64 import b64decode
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from mobilenetv2.errors import ImageError
from mobilenetv2.reading import as_text, require_file

LIST_SUFFIX = ".txt"

MAX_BYTES = 100_000_000
"""Of a list, or of a picture on standard input."""


def list_lines(path: Path) -> list[str]:
    """The lines of a list that name something; they are relative to the list's folder.

    Raises:
        ImageError: no text, too long, or empty.
    """
    require_file(path, ImageError)
    try:
        with path.open("rb") as file:
            return _lines(_bounded(file, str(path)), str(path))
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror or error}") from error


def standard_input(stream: BinaryIO) -> bytes | list[str]:
    """A picture's bytes, or the lines of a list; told by content: what Pillow knows is a picture.

    Raises:
        ImageError: nothing, too much, or neither a picture nor text.
    """
    data = _bounded(stream, "standard input")
    if not data:
        raise ImageError("standard input must hold a picture or a list of pictures, got nothing")
    if _is_picture(data):
        return data
    if _is_base64(data):
        raise ImageError(
            "standard input must hold a picture's own bytes, it holds them in base64: "
            "base64 -d FILE | mobilenetv2 predict -"
        )
    return _lines(data, "standard input")


def holds_another(picture: bytes) -> bool:
    """Whether behind a picture's end another begins, as `cat *.jpg` gives them."""
    if b"MPF\0" in picture[:65536]:  # two views in one file, as some cameras write
        return False
    return any(joint in picture for joint in _JOINTS)


_JOINTS = (b"\xff\xd9\xff\xd8\xff", b"IEND\xaeB`\x82\x89PNG")
"""Where a JPEG or a PNG ends and the next one begins."""


def _bounded(file: BinaryIO, name: str) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageError(f"{name}: at most {MAX_BYTES:,} bytes are read, got more")
    return data


def _is_base64(data: bytes) -> bool:
    """Of a picture, with or without the head of a data: address."""
    body = data.partition(b",")[2] if data.startswith(b"data:") else data
    try:
        return _is_picture(b64decode(b"".join(body.split()), validate=True))
    except ValueError:
        return False


def _is_picture(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)):
            return True
    except UnidentifiedImageError:
        return False
    # It was recognized, and is broken: decoding it will say how.
    except Exception:  # noqa: BLE001
        return True


def _lines(data: bytes, name: str) -> list[str]:
    # Names of files may be no UTF-8.
    try:
        text = as_text(data, "surrogateescape")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ImageError(
            f"{name} must hold a picture that Pillow reads, or a list of paths and addresses, one "
            "a line; it holds neither. Give a video by its file's name"
        )
    lines = [line for line in (line.strip() for line in text.splitlines()) if line]
    if not lines:
        raise ImageError(f"{name} must name at least one picture, got no line")
    return lines
