"""What memory a picture may take, judged by its header."""

from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.options import Decoding

MAX_BYTES = 875_000_000
"""What one picture may take at the worst moment between its file and the network's input. With the
interpreter, the libraries and the network that stays below 1 GiB."""

MAX_PIXELS = 125_000_000
"""A picture in colors takes 7 bytes a pixel: 4 as Pillow has it, 3 as an array."""

LARGE_PIXELS = 24_000_000
"""Pictures from here on are decoded one at a time; two smaller ones have room beside each other."""

NO_MEMORY = (
    "decoding it asked for more memory than there is; either it is damaged (open it and save it "
    "anew), or the machine is short of memory: --workers 0, or less beside it"
)

_COSTS = {"WEBP": 16, "AVIF": 16, "HEIF": 16, "JPEG2000": 20}
"""Bytes a pixel of decoders that hold the whole picture several times."""

_PROGRESSIVE_JPEG = 13
"""A progressive file is decoded to coefficients first, 2 bytes each and three a pixel."""


def require_room(image: Image.Image) -> None:
    """Refuse a picture whose header claims no pixel, or more than memory is meant to hold.

    Raises:
        ImageError: with its size and the largest one.
    """
    if image.width < 1 or image.height < 1:
        raise ImageError(f"a picture needs at least one pixel, got {image.size}")
    cost = _COSTS.get(image.format or "", 7)
    if image.format in ("JPEG", "MPO") and image.info.get("progressive"):
        cost = _PROGRESSIVE_JPEG
    most = min(MAX_PIXELS, MAX_BYTES // cost)
    if image.width * image.height > most:
        raise ImageError(
            f"a picture may have at most {most:,} pixels, got {image.width} x {image.height}; "
            "shrink it first if it is real"
        )


def takes_much_room(image: Image.Image, decode: Decoding = "exact") -> bool:
    """Whether decoding a picture takes as much memory as `LARGE_PIXELS` in colors do, or more.

    A JPEG that comes small (`tasks.draft`) does not, unless all its coefficients are needed first.
    """
    if decode == "fast" and image.format == "JPEG" and not image.info.get("progressive"):
        return False
    cost = _COSTS.get(image.format or "", 7)
    return image.width * image.height * cost > LARGE_PIXELS * 7
