"""One picture, opened and decoded once: its size, what its file holds, and how it looks."""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.errors import ImageError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.picture import opened, to_rgb
from mobilenetv2.tasks.picture_turns import orientation, upright
from mobilenetv2.tasks.stretch import stretched

FLAT = 4.0
"""Standard deviation in grey values. Flatter pictures have looks of noise and are all alike."""

_BLOCK = 1_048_576


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a picture once it has been decoded."""

    path: PictureFile
    size: tuple[int, int] | None
    """(height, width) the right way up; None where it cannot be read."""
    format: str
    """Pillow's name, "JPEG"; empty where it cannot be read."""
    grey: bool
    """Whether the file holds no colors."""
    content: bytes
    """SHA-256 of the file; empty where it cannot be read."""
    look: int | None
    """64 bits, each whether grey rises from a cell to the next, in 8 rows of 9 cells (dHash);
    None for a picture that is flat or broken."""
    error: str
    """Why it cannot be read, else empty."""


def examine(path: PictureFile, stretch: bool = False) -> Examined:
    """Read a picture as training would, but JPEG files at an eighth of their size.

    Args:
        path: the file.
        stretch: whether training would stretch it.
    """
    content = _content(path)
    try:
        size = read_header(path).size
        with opened(path) as image:
            kind, grey = image.format or "", _is_grey(image)
            image.draft("RGB", (72, 64))
            small = to_rgb(stretched(image) if stretch else image)
        cells = upright(small, orientation(image)).convert("L")
        cells = cells.resize((9, 8), Image.Resampling.BOX)
    except ImageError as error:
        return Examined(path, None, "", False, content, None, str(error))
    return Examined(path, size, kind, grey, content, _look(cells), "")


def examine_header(path: PictureFile) -> Examined:
    """The same without decoding: no look, and a broken body goes unnoticed."""
    content = _content(path)
    try:
        size = read_header(path).size
        with opened(path) as image:
            return Examined(path, size, image.format or "", _is_grey(image), content, None, "")
    except ImageError as error:
        return Examined(path, None, "", False, content, None, str(error))


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I")


def _content(path: PictureFile) -> bytes:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return b""
    return digest.digest()


def _look(cells: Image.Image) -> int | None:
    grey = np.asarray(cells, np.float32)
    if grey.std() < FLAT:
        return None
    return int.from_bytes(np.packbits(np.diff(grey, axis=1) > 0).tobytes(), "big")
