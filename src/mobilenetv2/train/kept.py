"""What a run keeps of its pictures' decoding, so that later epochs do not decode them again."""

from collections.abc import Sequence

from mobilenetv2.train.free_memory import free_memory
from mobilenetv2.train.launched import launched
from mobilenetv2.train.room import MOST_BYTES, Room
from mobilenetv2.train.shelf import Shelf

SHARE = 4
"""One part in so many of the memory that is free when the run begins; and what is left free must
not fall below that part either."""

LEAST_BYTES = 2**24
"""Less is not worth an index."""


class Kept:
    """A run's shelves, one a data set and use, and their room, made when it is first needed."""

    def __init__(self, room: Room | None = None) -> None:
        """
        Args:
            room: None: as `usual_room` has it.
        """
        self._room = room
        self._shelves: list[tuple[object, tuple[int, ...], Shelf | None]] = []

    def shelf(self, of: object, pictures: int, depths: Sequence[int]) -> Shelf | None:
        """The shelf of a data set, the same each time; None: nothing can be kept.

        To be asked for before the processes that decode are forked.

        Args:
            of: the data set, by which the shelf is known: this very object. Two that are equal
                today may differ in what is in their files. One to learn from and to judge by has
                two, by their depths.
            pictures: as for `Shelf`.
            depths: as for `Shelf`.
        """
        for known, how_deep, shelf in self._shelves:
            if known is of and how_deep == tuple(depths):
                return shelf
        shelf = self._made(pictures, depths)
        self._shelves.append((of, tuple(depths), shelf))
        return shelf

    def _made(self, pictures: int, depths: Sequence[int]) -> Shelf | None:
        try:
            if self._room is None:
                self._room = usual_room()
            return None if self._room is None else Shelf(pictures, depths, self._room)
        # Memory under a limit (`ulimit -v`, strict overcommitment), or a system without locks.
        except (OSError, ImportError):
            return None


def usual_room() -> Room | None:
    """A process's part of what `SHARE` leaves to those of a run on one machine.

    Returns:
        None where the system does not tell how much memory is free, or where that is too little.

    Raises:
        OSError: as `Room`.
    """
    free = free_memory()
    size = 0 if free is None else free // SHARE // launched().local.number
    if free is None or size < LEAST_BYTES:
        return None
    return Room(min(size, MOST_BYTES), free_memory, free // SHARE)
