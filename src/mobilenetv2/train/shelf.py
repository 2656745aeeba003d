"""What decoding gave of each picture of a data set, for all processes that decode."""

from collections.abc import Callable, Sequence
from mmap import mmap
from types import NoneType

import numpy as np

from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.room import Room

LARGEST = 2**24
"""Bytes of what is kept in one piece, a picture of 2048 x 2048. A room is full of a few hundred
larger ones, and Pillow has them in several blocks, which other code goes through."""

_ENTRY = 3
"""Numbers of 32 bits: of a piece its place + 1, so that 0 is none, its height and its width."""

Facts = tuple[int, int, int]


class Shelf:
    """Pieces of a room, by picture and by kind.

    Another process finds what one has put there, if it is forked from the one that made the shelf.
    A process that is not (those of macOS, Windows and Python 3.14's default) gets None in its
    place: in a memory of its own it would find few of the pictures that chance gives it.
    """

    def __init__(self, pictures: int, depths: Sequence[int], room: Room) -> None:
        """
        Args:
            pictures: how many there are.
            depths: of each kind of piece the bytes a pixel.
            room: from which the pieces are taken.

        Raises:
            OSError: the system has no memory for the index.
        """
        self._depths, self._room = tuple(depths), room
        self._row = _ENTRY * (1 + len(self._depths))
        size = max(1, pictures * self._row * 4)
        self._index = memoryview(mmap(-1, -(-size // 4) * 4)).cast("i")

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return NoneType, ()

    @property
    def full(self) -> bool:
        """Whether nothing more can be put there."""
        return self._room.full

    def facts(self, picture: int) -> Facts | None:
        """What was noted of a picture."""
        found = self._entry(picture * self._row)
        return found and (found[0] - 1, found[1], found[2])

    def note(self, picture: int, facts: Facts) -> None:
        """Keep three numbers of a picture; the first is at least 0."""
        if not self.full:
            self._publish(picture * self._row, (facts[0] + 1, facts[1], facts[2]))

    def get(self, picture: int, kind: int) -> Pixels | None:
        """A piece, uint8 [height, width, depth], not to be written to; the memory itself."""
        found = self._entry(self._at(picture, kind))
        if found is None:
            return None
        place, height, width = found
        depth = self._depths[kind]
        piece = self._room.piece(place - 1, height * width * depth).toreadonly()
        return np.frombuffer(piece, np.uint8).reshape(height, width, depth)

    def put(
        self, picture: int, kind: int, size: tuple[int, int], fill: Callable[[memoryview], None]
    ) -> None:
        """Keep a piece, where there is room.

        Args:
            picture: whose.
            kind: of the piece.
            size: (height, width).
            fill: writes it, [height * width * depth] bytes.
        """
        length = size[0] * size[1] * self._depths[kind]
        place = None if self.full or length > LARGEST else self._room.take(length)
        if place is not None:
            fill(self._room.piece(place, length))
            self._publish(self._at(picture, kind), (place + 1, *size))

    def _at(self, picture: int, kind: int) -> int:
        return picture * self._row + (1 + kind) * _ENTRY

    def _entry(self, at: int) -> Facts | None:
        # Under the lock: who sees the numbers sees all that was written before them.
        with self._room.locked() as held:
            if not held or not self._index[at]:
                return None
            return self._index[at], self._index[at + 1], self._index[at + 2]

    def _publish(self, at: int, numbers: Facts) -> None:
        with self._room.locked() as held:
            if held:
                # The first last: it alone says that the others are there.
                self._index[at + 1], self._index[at + 2] = numbers[1:]
                self._index[at] = numbers[0]
