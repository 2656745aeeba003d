"""Pieces are found by picture and kind, by every process that is forked, and by no other."""

import pickle
from functools import partial
from multiprocessing import get_context

import numpy as np

from mobilenetv2.train.room import Room
from mobilenetv2.train.shelf import LARGEST, Shelf

FORK = get_context("fork")


def shelf(size: int = 2**20) -> Shelf:
    return Shelf(5, (4, 1), Room(size, lambda: 2**40, 0))


def numbered(target: memoryview) -> None:
    target[:] = bytes(range(len(target)))


def test_what_was_put_there_is_found_under_its_name_alone() -> None:
    some = shelf()
    some.put(3, 0, (2, 5), numbered)
    some.put(3, 1, (4, 2), numbered)
    picture, mask = some.get(3, 0), some.get(3, 1)
    np.testing.assert_array_equal(picture, np.arange(40).reshape(2, 5, 4))
    np.testing.assert_array_equal(mask, np.arange(8).reshape(4, 2, 1))
    assert some.get(2, 0) is some.get(4, 1) is None


def test_nobody_can_write_into_a_piece() -> None:
    some = shelf()
    some.put(0, 1, (1, 1), numbered)
    found = some.get(0, 1)
    assert found is not None
    assert not found.flags.writeable


def test_facts_are_noted_of_each_picture() -> None:
    some = shelf()
    some.note(4, (0, 360, 480))
    assert some.facts(4) == (0, 360, 480)
    assert some.facts(3) is None


def test_another_process_finds_it() -> None:
    some = shelf()
    other = FORK.Process(target=partial(some.put, 1, 1, (3, 3), numbered))
    other.start()
    other.join()
    found = some.get(1, 1)
    assert found is not None
    assert found.ravel().tolist() == list(range(9))


def test_a_process_that_is_not_forked_has_none() -> None:
    assert pickle.loads(pickle.dumps(shelf())) is None


def test_what_there_is_no_room_for_is_not_kept() -> None:
    some = shelf(128)
    some.put(0, 1, (10, 10), numbered)
    some.put(1, 1, (10, 10), numbered)
    assert some.get(0, 1) is not None
    assert some.get(1, 1) is None
    assert some.full


def test_a_piece_that_would_take_the_place_of_hundreds_is_not_kept() -> None:
    some = shelf(2 * LARGEST)
    some.put(0, 0, (2048, 2049), numbered)
    assert some.get(0, 0) is None
    assert not some.full
