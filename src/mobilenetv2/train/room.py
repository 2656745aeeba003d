"""Memory that a process shares with those it forks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mmap import PAGESIZE, mmap
from multiprocessing import get_context

ALIGNED = 64
"""Bytes at whose multiples pieces begin: a cache line."""

MOST_BYTES = (2**31 - 1) * ALIGNED
"""Of a room: 128 GiB, so that the places of its pieces are numbers of 32 bits."""

LOOKED_EVERY = 2**26
"""Bytes that are taken before it is asked again how much memory is left; to ask takes 0.5 ms."""

LONGEST_SECONDS = 1.0
"""What is done under the lock takes microseconds: who waits longer waits for a dead process."""

_TAKEN, _LOOKED, _CLOSED = range(3)


class Room:
    """Bytes to be taken piece by piece, by any of the processes, and never given back.

    The kernel's own anonymous memory and no file: /dev/shm is 64 MB in a container, and who writes
    beyond that is killed. What nobody has written to yet takes no memory.
    """

    def __init__(self, size: int, left: Callable[[], int | None], least: int) -> None:
        """
        Args:
            size: bytes, at most `MOST_BYTES`.
            left: how many bytes of memory there are for all; None: not known, as none.
            least: of them, below which nothing more is taken.

        Raises:
            OSError: the system does not give it, or has no locks.
        """
        self._bytes = memoryview(mmap(-1, size))
        self._counts = memoryview(mmap(-1, PAGESIZE)).cast("q")
        # Another context's would start a process to clean up behind it.
        self._lock = get_context("fork").Lock()
        self._left, self._least = left, least
        self._lost = False

    @property
    def full(self) -> bool:
        """Whether nothing more will be taken; not before somebody was refused."""
        return bool(self._counts[_CLOSED]) or self._lost

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Within, no other process is; False where that is not to be had: leave all as it is.

        A process that was killed within takes the lock along. Whoever has waited for it once does
        not again.
        """
        held = not self._lost and self._lock.acquire(timeout=LONGEST_SECONDS)
        self._lost = not held
        try:
            yield held
        finally:
            if held:
                self._lock.release()

    def take(self, size: int) -> int | None:
        """The place, in units of `ALIGNED` bytes, of a piece of `size` bytes; None: no room.

        Once a piece is refused every other is: what came first stays, which of pictures that come
        once an epoch serves more of them than to make way for the latest would.
        """
        with self.locked() as held:
            if not held or self._counts[_CLOSED]:
                return None
            start = self._counts[_TAKEN]
            end = start + -(-size // ALIGNED) * ALIGNED
            if end > len(self._bytes) or not self._may_grow(end):
                self._counts[_CLOSED] = 1
                return None
            self._counts[_TAKEN] = end
            return start // ALIGNED

    def piece(self, place: int, size: int) -> memoryview:
        """The bytes of a piece, the memory itself."""
        return self._bytes[place * ALIGNED : place * ALIGNED + size]

    def _may_grow(self, end: int) -> bool:
        if end <= self._counts[_LOOKED]:
            return True
        left = self._left()
        if left is None or left < self._least:
            return False
        self._counts[_LOOKED] = end + LOOKED_EVERY
        return True
