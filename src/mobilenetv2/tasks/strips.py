"""Large pictures band by band: a second copy of a whole one counts."""

from collections.abc import Iterator

from PIL import Image

ROWS_AT_ONCE = 256
"""Rows that are converted at once: copies of a whole picture would count."""


def strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """A decoded picture in bands of some rows, each with its first row."""
    for top in range(0, image.height, ROWS_AT_ONCE):
        bottom = min(top + ROWS_AT_ONCE, image.height)
        yield top, image.crop((0, top, image.width, bottom))


def is_deep(image: Image.Image) -> bool:
    """Whether the picture is grey with more than 8 bits a pixel."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")
