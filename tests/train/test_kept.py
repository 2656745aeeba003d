"""A run's shelves, one a data set and use, in a part of the memory that is free."""

import pytest

from mobilenetv2.train import kept as keeping
from mobilenetv2.train.kept import LEAST_BYTES, Kept, usual_room
from mobilenetv2.train.room import Room


def test_a_data_set_has_its_own() -> None:
    kept = Kept(Room(2**20, lambda: 2**40, 0))
    one, other = [1, 2], [1, 2]
    assert kept.shelf(one, 2, (4,)) is kept.shelf(one, 2, (4,)) is not None
    assert kept.shelf(one, 2, (4,)) is not kept.shelf(other, 2, (4,))


def test_to_learn_from_and_to_judge_by_are_two() -> None:
    kept, data = Kept(Room(2**20, lambda: 2**40, 0)), [1, 2]
    assert kept.shelf(data, 2, (4,)) is not kept.shelf(data, 2, (3,))


def test_the_usual_room_is_a_part_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "free_memory", lambda: 2**28)
    room = usual_room()
    assert room is not None
    assert room.take(2**26) is not None
    assert room.take(1) is None


def test_processes_of_one_machine_share_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = {"RANK": "0", "WORLD_SIZE": "4", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}
    for name, value in ranks.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(keeping, "free_memory", lambda: 2**28)
    room = usual_room()
    assert room is not None
    assert room.take(2**25 + 1) is None


@pytest.mark.parametrize("free", [None, 0, 4 * LEAST_BYTES - 1])
def test_there_is_none_where_memory_is_short_or_not_known(
    monkeypatch: pytest.MonkeyPatch, free: int | None
) -> None:
    monkeypatch.setattr(keeping, "free_memory", lambda: free)
    assert usual_room() is None
    assert Kept().shelf([], 3, (4,)) is None


def test_there_is_none_where_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Room:
        raise OSError("ENOMEM")

    monkeypatch.setattr(keeping, "Room", refuse)
    assert Kept().shelf([], 3, (4,)) is None
