"""As which of how many processes one was started."""

import pytest

from mobilenetv2.errors import RecipeError, TrainingError
from mobilenetv2.train.compute import choose_compute, default_workers
from mobilenetv2.train.launched import Launched, launched
from mobilenetv2.train.order import Order, Share
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.teach import meet


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    def tell(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))

    return tell


def test_nobody_else_without_a_word() -> None:
    assert launched() == Launched()
    assert launched().alone
    assert launched().first


def test_what_torchrun_tells(told) -> None:
    told(RANK=9, WORLD_SIZE=16, LOCAL_RANK=1, LOCAL_WORLD_SIZE=8)
    assert launched() == Launched(Share(9, 16), Share(1, 8))
    assert not launched().first


def test_a_process_a_machine_has_the_machine_to_itself(told) -> None:
    told(RANK=1, WORLD_SIZE=4)
    assert launched() == Launched(Share(1, 4), Share())


@pytest.mark.parametrize(("rank", "number"), [("2", "2"), ("one", "2"), ("-1", "2"), ("0", "")])
def test_nonsense_is_refused(told, rank: str, number: str) -> None:
    told(RANK=rank, WORLD_SIZE=number)
    with pytest.raises(TrainingError, match="RANK must be a whole number below WORLD_SIZE, got"):
        launched()


def test_more_processes_than_pictures_in_a_batch_are_refused(told) -> None:
    told(RANK=0, WORLD_SIZE=8)
    compute = choose_compute("cpu", "float32", (64, 64))
    assert default_workers(compute) == 1
    with pytest.raises(RecipeError, match=r"batch_size must be at least .* got 4 for 8"):
        meet(compute, LoopRecipe(batch_size=4))


def test_shares_of_a_step_are_the_step() -> None:
    order = Order(pictures=53, batch_size=10, seed=3)
    for step in (0, 4, 5, 17):
        shares = [order.places(step, Share(rank, 4)) for rank in range(4)]
        assert [len(share) for share in shares] == [2, 3, 2, 3]
        assert [place for share in shares for place in share] == order.places(step)
