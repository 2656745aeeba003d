"""Ctrl-C and SIGTERM as a wish, not as an accident in the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TrainingInterrupted(KeyboardInterrupt):
    """Training stopped on request, after saving; the message says how to go on."""


class Wish:
    """Whether somebody asked to stop."""

    requested = False


@contextmanager
def interruptions() -> Iterator[Wish]:
    """Within, the first Ctrl-C or SIGTERM sets `requested`; the second Ctrl-C acts as always.

    Outside the main thread nothing can be caught, and signals stay as they are.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if wish.requested:
            signal.default_int_handler(number, frame)
        wish.requested = True

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, ask) for kind in kinds]
    try:
        yield wish
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
