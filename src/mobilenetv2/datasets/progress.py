"""How a long look tells how far it is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

T = TypeVar("T")

Advance = Callable[[], None]
Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""From what is done and how often to what is called each time."""


def tell_nobody(what: str, total: int) -> AbstractContextManager[Advance]:  # noqa: ARG001
    """No bar."""
    return nullcontext(lambda: None)


def watched(items: Sequence[T], what: str, progress: Progress) -> Iterator[T]:
    """The items, each told of when the next is asked for."""
    with progress(what, len(items)) as advance:
        for item in items:
            yield item
            advance()
