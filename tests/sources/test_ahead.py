"""Working ahead on a thread: order, errors, limits, and an end."""

import threading
import time
from collections.abc import Iterator

import pytest

from mobilenetv2.sources.ahead import AHEAD, AHEAD_LIVE, BUDGET, Ahead


def ahead(items: Iterator[int], weight: int = 1, live: bool = False) -> Ahead[int]:
    return Ahead(items, lambda item: weight if item >= 0 else 0, lambda _item: live)


def until(condition) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


class Counted:
    """0, 1, 2 ..., and how many were taken."""

    def __init__(self, end: int):
        self.taken = 0
        self.closed_by: str | None = None
        self._end = end

    def items(self) -> Iterator[int]:
        try:
            for item in range(self._end):
                self.taken += 1
                yield item
        finally:
            self.closed_by = threading.current_thread().name


def test_everything_comes_in_order():
    assert list(ahead(iter(range(100)))) == list(range(100))


def test_an_error_comes_in_its_place():
    def failing():
        yield 1
        raise ValueError("after one")

    waiting = ahead(failing())
    assert next(waiting) == 1
    with pytest.raises(ValueError, match="after one"):
        next(waiting)


@pytest.mark.parametrize(("weight", "most"), [(1, AHEAD), (BUDGET // 3, 3), (2 * BUDGET, 1)])
def test_only_a_few_and_only_so_many_bytes_wait(weight: int, most: int):
    source = Counted(1000)
    waiting = ahead(source.items(), weight)
    until(lambda: source.taken == most + 1)
    time.sleep(0.02)
    assert source.taken == most + 1
    waiting.close()


def test_closing_ends_the_thread_and_closes_there_what_it_reads():
    source = Counted(1000)
    waiting = ahead(source.items())
    assert next(waiting) == 0
    waiting.close()
    assert source.closed_by == "decode-video"
    assert source.taken < 20


def test_what_is_live_loses_its_oldest_but_no_notice():
    """Negative numbers are notices here, which weigh nothing."""
    source = iter([0, -1, *range(1, 50)])
    waiting = ahead(source, live=True)
    until(lambda: waiting._done)
    rest = list(waiting)
    assert rest[0] == -1
    assert rest[-1] == 49
    assert len(rest) == AHEAD_LIVE
    assert waiting.left_out == 51 - len(rest)
