"""Compressions that change values: good enough for eyes, but a mask's ids are no longer its own."""

from typing import BinaryIO

from PIL import Image

_ALWAYS = {"JPEG": "JPEG", "MPO": "JPEG", "AVIF": "AVIF", "HEIF": "HEIC"}
"""By Pillow's name. AVIF and HEIC can do without loss, but nobody can see whether they did."""

_IN_TIFF = {"jpeg": "JPEG", "tiff_jpeg": "JPEG", "webp": "WebP"}

_MOST_CHUNKS = 64
_JPEG_2000_BYTES = 65_536
_JPEG_2000_STYLE = b"\xff\x52"
_TRANSFORM = 13
"""From the style marker to the byte that is 0 for the wavelet that loses and 1 for the other."""


def loses_values(image: Image.Image, content: BinaryIO) -> str:
    """What changed the values in a file, such as "JPEG"; "" where they are those that were saved.

    Args:
        image: opened, not decoded yet.
        content: the file's bytes.
    """
    kind = image.format or ""
    if kind == "TIFF":
        return _IN_TIFF.get(str(image.info.get("compression")), "")
    if kind == "WEBP":
        return "WebP" if _webp_loses(content) else ""
    if kind == "JPEG2000":
        return "JPEG 2000" if _jpeg_2000_loses(content) else ""
    return _ALWAYS.get(kind, "")


def _webp_loses(content: BinaryIO) -> bool:
    """Whether the first picture is a "VP8 " chunk; of the lossless kind it is "VP8L"."""
    content.seek(12)
    for _ in range(_MOST_CHUNKS):
        head = content.read(8)
        if len(head) < 8 or head[:4] == b"VP8L":
            return False
        if head[:4] == b"VP8 ":
            return True
        if head[:4] == b"ANMF":  # a frame: 16 bytes of its own before its chunks
            content.seek(16, 1)
            continue
        size = int.from_bytes(head[4:], "little")
        content.seek(size + size % 2, 1)
    return False


def _jpeg_2000_loses(content: BinaryIO) -> bool:
    content.seek(0)
    begin = content.read(_JPEG_2000_BYTES)
    place = begin.find(_JPEG_2000_STYLE)
    return place >= 0 and begin[place + _TRANSFORM : place + _TRANSFORM + 1] == b"\0"
