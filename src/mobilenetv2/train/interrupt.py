"""Ctrl-C and SIGTERM as a wish, not as an accident in the middle of a step."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mobilenetv2.train.launched import under_torchrun


class TrainingInterrupted(KeyboardInterrupt):
    """Training stopped on request, after saving; the message says how to go on."""


class Wish:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        self._word: str | None = None
        self._parent = os.getppid()

    @property
    def requested(self) -> bool:
        """Asked by a signal, or by the end of the launcher.

        One that is killed leaves its processes running, in the way of the same command given again.
        """
        return self.asked or (under_torchrun() and os.getppid() != self._parent)

    def ask(self) -> None:
        """What a signal does."""
        self.asked = True
        if self._word is not None:
            raise TrainingInterrupted(self._word)

    @contextmanager
    def at_once(self, word: str) -> Iterator[None]:
        """Within, nothing is done that would have to be saved: a wish is granted where it arrives.

        Raises:
            TrainingInterrupted: with that word.
        """
        if self.asked:
            raise TrainingInterrupted(word)
        self._word = word
        try:
            yield
        finally:
            self._word = None


@contextmanager
def interruptions() -> Iterator[Wish]:
    """Within, the first Ctrl-C or SIGTERM is a wish; the second Ctrl-C acts as always.

    Not so the second SIGTERM, and under torchrun no second signal: it passes on what it gets, and
    each of its processes has got it already. Outside the main thread nothing can be caught, and
    signals stay as they are.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if wish.asked and number == signal.SIGINT and not under_torchrun():
            signal.default_int_handler(number, frame)
        wish.ask()

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, ask) for kind in kinds]
    try:
        yield wish
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
