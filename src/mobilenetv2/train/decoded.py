"""A training picture as decoding gave it, kept for the epochs to come."""

from dataclasses import dataclass
from functools import partial

from PIL import Image

from mobilenetv2.engine.pillow_memory import copy_rgbx
from mobilenetv2.train.shelf import Shelf

SCALES = (8, 4, 2, 1)
"""Into which parts libjpeg can decode a picture at once, and none."""

DEPTHS = (4,) * len(SCALES)
"""Bytes a pixel of the kinds of piece on a shelf of training pictures, in the order of `SCALES`:
as Pillow has its RGB pictures, so that one is made of them without a copy."""

_SIDEWAYS = 4
"""EXIF's turns beyond that change height and width."""


@dataclass(frozen=True, slots=True)
class Header:
    """What must be known of a picture before what is shown of it is chosen."""

    stored: tuple[int, int]
    """(height, width) in the file."""
    turn: int
    """EXIF's orientation, 1 to 8."""
    scales: bool
    """Whether it can be decoded smaller."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) the right way up."""
        height, width = self.stored
        return (width, height) if self.turn > _SIDEWAYS else (height, width)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture's place on a shelf whose first kinds are `DEPTHS`."""

    shelf: Shelf
    index: int

    def header(self) -> Header | None:
        """What was noted of it."""
        facts = self.shelf.facts(self.index)
        return facts and Header(facts[1:], facts[0] >> 1, bool(facts[0] & 1))

    def picture(self, scale: int) -> Image.Image | None:
        """As it came when it was to be decoded so many times smaller; mode RGBX, not to be written
        to, and the shelf's own memory.
        """
        piece = self.shelf.get(self.index, SCALES.index(scale))
        if piece is None:
            return None
        height, width = piece.shape[:2]
        return Image.frombuffer("RGBX", (width, height), piece, "raw", "RGBX", 0, 1)

    def keep(self, header: Header, scale: int, picture: Image.Image) -> None:
        """Keep it in mode RGB for whoever asks for that scale, where there is room."""
        self.shelf.note(self.index, (header.turn << 1 | header.scales, *header.stored))
        size = picture.height, picture.width
        self.shelf.put(self.index, SCALES.index(scale), size, partial(copy_rgbx, picture))
