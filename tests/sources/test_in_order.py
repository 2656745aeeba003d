"""Work on several threads: the order of results, how far ahead it goes, and its end."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from mobilenetv2.sources.in_order import (
    AHEAD,
    AHEAD_EACH,
    AT_ONCE,
    MOST_TOGETHER,
    ROOM,
    TOGETHER,
    in_order,
    in_steps,
)


def results(work, items, workers: int) -> list:
    return [(item, future.result()) for item, future in in_order(work, items, workers)]


def test_results_keep_the_order_of_items_whoever_is_done_first():
    def late_if_even(item: int) -> int:
        time.sleep(0.01 if item % 2 == 0 else 0)
        return item * item

    assert results(late_if_even, range(20), 4) == [(item, item * item) for item in range(20)]


def test_all_workers_work_at_once():
    meeting = threading.Barrier(3, timeout=10)
    assert len(results(lambda _: meeting.wait(), range(6), 3)) == 6


@pytest.mark.parametrize("workers", [1, 12])
def test_items_are_taken_a_little_ahead_of_who_asks(workers: int):
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield taken[-1]

    with closing(in_order(lambda item: item, endless(), workers)) as finished:
        for asked in range(5):
            assert next(finished)[0] == asked
            assert len(taken) == asked + max(AHEAD, AHEAD_EACH * workers)


def test_what_items_raise_comes_after_the_results_before_it():
    def breaks_off() -> Iterator[int]:
        yield from (1, 2)
        raise OSError("the disk is gone")

    finished = in_order(str, breaks_off(), 2)
    assert [next(finished)[1].result() for _ in range(2)] == ["1", "2"]
    with pytest.raises(OSError, match="the disk is gone"):
        next(finished)


def test_a_failure_is_its_item_s_alone():
    *_, (item, last) = in_order(lambda item: 6 // item, (0, 3), 2)
    assert (item, last.result()) == (3, 2)


def test_once_closed_nothing_more_is_begun():
    begun: list[int] = []
    go_on = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item:
            go_on.wait(10)

    finished = in_order(work, range(8), 1)
    next(finished)[1].result()
    threading.Timer(0.05, go_on.set).start()
    finished.close()
    assert begun in ([0], [0, 1])


def test_a_thread_does_the_first_step_of_several_before_the_second_of_any():
    done = ""
    all_are_there = threading.Event()

    def first(item: int) -> int:
        nonlocal done
        all_are_there.wait(10)
        done += "a"
        return item

    def second(item: int) -> int:
        nonlocal done
        done += "b"
        return item

    def items() -> Iterator[int]:
        yield from range(7)
        all_are_there.set()

    steps = in_steps((first, second), items(), 1, together=3)
    assert [future.result() for _, future in steps] == list(range(7))
    assert done in ("ab" + 2 * "aaabbb", 2 * "aaabbb" + "ab", "aabb" + "aaabbb" + "aabb")


def test_what_is_left_is_shared_out_among_threads():
    """Else the last items would all be one thread's."""
    meeting = threading.Barrier(4, timeout=10)
    steps = in_steps((lambda _: meeting.wait(), bool), range(4), 4, together=4)
    assert sorted(future.result() for _, future in steps) == [False, True, True, True]


@pytest.mark.parametrize("broken", [0, 1])
def test_a_failure_in_either_step_is_its_item_s_alone(broken: int):
    def breaks(step: int, item: int) -> int:
        if (step, item) == (broken, 1):
            raise OSError("the disk is gone")
        return item

    steps = [partial(breaks, 0), partial(breaks, 1)]
    futures = [future for _, future in in_steps(steps, range(4), 1, together=4)]
    assert [future.result() for future in (futures[0], *futures[2:])] == [0, 2, 3]
    with pytest.raises(OSError, match="the disk is gone"):
        futures[1].result()


def test_what_is_light_is_taken_further_ahead_and_more_of_it_done_together():
    def taken_ahead() -> int:
        taken: list[int] = []

        def endless() -> Iterator[int]:
            while True:
                taken.append(len(taken))
                yield taken[-1]

        with closing(in_steps((int, int), endless(), 2, weigh=lambda _: 1)) as finished:
            next(finished)
            return len(taken)

    # A machine that has much else to do may now and then keep an item waiting for `AT_ONCE`.
    assert max(taken_ahead() for _ in range(20)) == 2 * MOST_TOGETHER


@pytest.mark.parametrize(("weight", "most"), [(1, MOST_TOGETHER), (ROOM, TOGETHER)])
def test_heavy_items_wait_for_no_more_than_a_few_others(weight: int, most: int):
    done = ""
    all_are_there = threading.Event()
    threading.Timer(0.05, all_are_there.set).start()

    def first(item: int) -> int:
        nonlocal done
        all_are_there.wait(10)
        done += "a"
        return item

    def second(item: int) -> int:
        nonlocal done
        done += "b"
        return item

    steps = in_steps((first, second), range(40), 1, weigh=lambda _: weight)
    assert [future.result() for _, future in steps] == list(range(40))
    assert max(map(len, done.split("b"))) == most


def test_what_comes_slowly_is_not_waited_for():
    """Lines of a pipe: an answer shall not come sixteen lines late."""
    taken: list[int] = []

    def slow() -> Iterator[int]:
        while True:
            time.sleep(2 * AT_ONCE)
            taken.append(len(taken))
            yield taken[-1]

    with closing(in_steps((int, int), slow(), 2, weigh=lambda _: 1)) as finished:
        next(finished)
        assert len(taken) == AHEAD
