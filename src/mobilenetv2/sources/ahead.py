"""An iterator that works ahead on a thread of its own."""

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

AHEAD = 8
"""Items that wait: enough to hide a slow one, few enough for memory."""

AHEAD_LIVE = 2
"""Of what is live: it shall be answered while it is true."""

BUDGET = 128_000_000
"""Bytes that wait: four frames of 8K, and eight of anything up to 4K."""

_LOOK = 0.5
"""Seconds between two looks at the keyboard's interrupt, which some systems keep from a lock."""

_LEAVE = 2.0
"""Seconds that a reader, perhaps waiting for its stream, has for closing what it reads."""


class Ahead(Generic[T]):
    """Takes items on another thread, a few before they are asked for.

    Args:
        items: used, and closed, on that thread; what it raises comes in its place.
        weigh: bytes of an item; 0 for one that must not be left out.
        live: whether an item cannot be kept waiting: others are left out where too many wait.
    """

    def __init__(
        self, items: Iterator[T], weigh: Callable[[T], int], live: Callable[[T], bool]
    ) -> None:
        self._items = items
        self._weigh = weigh
        self._live = live
        self._waiting: deque[T] = deque()
        self._change = Condition()
        self._closed = self._done = False
        self._error: BaseException | None = None
        self.left_out = 0
        """Items that nobody had time for."""
        # A reader may hang in a system call; the program must not wait for it at its end.
        self._thread = Thread(target=self._read, name="decode-video", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Items in order."""
        return self

    def __next__(self) -> T:
        """The oldest item that waits, or the one to come."""
        with self._change:
            while not (self._waiting or self._done):
                self._change.wait(_LOOK)
            if self._waiting:
                item = self._waiting.popleft()
                self._change.notify_all()
                return item
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            raise StopIteration

    def close(self) -> None:
        """Have the thread close its iterator and end; what still waits is forgotten."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify_all()
        self._thread.join(_LEAVE)

    def _read(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - raised again where the items are used
            self._error = error
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
            with self._change:
                self._done = True
                self._change.notify_all()

    def _put(self, item: T) -> bool:
        """Let an item wait; False once nobody wants any."""
        live = self._live(item)
        with self._change:
            while self._is_full(item, AHEAD_LIVE if live else AHEAD) and not self._closed:
                if live and self._forget_oldest():
                    continue
                self._change.wait()
            if not self._closed:
                self._waiting.append(item)
                self._change.notify_all()
            return not self._closed

    def _is_full(self, item: T, most: int) -> bool:
        if not self._waiting:
            return False
        bytes_waiting = sum(map(self._weigh, self._waiting))
        return len(self._waiting) >= most or bytes_waiting + self._weigh(item) > BUDGET

    def _forget_oldest(self) -> bool:
        for place, item in enumerate(self._waiting):
            if self._weigh(item):
                del self._waiting[place]
                self.left_out += 1
                return True
        return False
