"""Memory that forked processes share; and where it runs out, or one of them dies."""

import os
import signal
from multiprocessing import get_context
from time import monotonic, sleep

import pytest

from mobilenetv2.train import room as rooms
from mobilenetv2.train.room import LOOKED_EVERY, Room

FORK = get_context("fork")
PLENTY = 2**40


def room(size: int = 2**20) -> Room:
    return Room(size, lambda: PLENTY, 0)


def test_pieces_lie_behind_one_another() -> None:
    some = room()
    assert [some.take(size) for size in (1, 64, 65, 3)] == [0, 1, 2, 4]
    some.piece(2, 3)[:] = b"abc"
    assert bytes(some.piece(2, 3)) == b"abc"


def test_once_full_it_takes_nothing_more_and_keeps_what_it_has() -> None:
    some = room(256)
    first = some.take(200)
    assert first is not None
    some.piece(first, 3)[:] = b"abc"
    assert not some.full
    assert some.take(100) is None
    assert some.full
    assert some.take(1) is None
    assert bytes(some.piece(first, 3)) == b"abc"


def test_it_stops_growing_where_memory_gets_short() -> None:
    """Whoever else takes it: looked at once in so many bytes."""
    left = [100, 100, 9]
    some = Room(4 * LOOKED_EVERY, lambda: left.pop(0), 10)
    taken = [some.take(LOOKED_EVERY // 2) is not None for _ in range(8)]
    assert taken == [True] * 6 + [False] * 2
    assert not left


def test_where_nobody_knows_how_much_there_is_nothing_is_taken() -> None:
    assert Room(2**20, lambda: None, 0).take(1) is None


def test_a_process_that_is_forked_writes_where_all_see_it() -> None:
    some = room()

    def write() -> None:
        place = some.take(3)
        assert place == 0
        some.piece(place, 3)[:] = b"abc"

    other = FORK.Process(target=write)
    other.start()
    other.join()
    assert other.exitcode == 0
    assert bytes(some.piece(0, 3)) == b"abc"
    assert some.take(1) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_process_that_is_killed_with_the_lock_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The rest wait for it once."""
    monkeypatch.setattr(rooms, "LONGEST_SECONDS", 0.2)
    some, told = room(), FORK.Event()

    def hold() -> None:
        with some.locked():
            told.set()
            signal.pause()

    other = FORK.Process(target=hold)
    other.start()
    assert told.wait(30)
    os.kill(other.pid or 0, signal.SIGKILL)
    other.join()
    began = monotonic()
    assert some.take(1) is None
    assert some.full
    if again:
        waited = monotonic()
        assert some.take(1) is None
        assert monotonic() - waited < 0.1
    assert monotonic() - began < 20


def test_processes_take_pieces_of_their_own() -> None:
    some, places = room(), FORK.SimpleQueue()

    def take() -> None:
        for _ in range(50):
            places.put(some.take(64))
            sleep(0)

    others = [FORK.Process(target=take) for _ in range(3)]
    for other in others:
        other.start()
    found = sorted(places.get() for _ in range(150))
    for other in others:
        other.join()
    assert found == list(range(150))
