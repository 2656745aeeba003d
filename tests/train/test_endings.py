"""A run that ends before its last epoch: when, how its schedule ends, and that it goes on."""

import json
from dataclasses import replace
from itertools import count
from math import inf, nan
from pathlib import Path

import pytest

from mobilenetv2.errors import RecipeError
from mobilenetv2.train import Recipe, Silent, fine_tune_classifier, recipe_from_json
from mobilenetv2.train.endings import Limit, early_end_told, going_on_told
from mobilenetv2.train.ranking import evaluations_since_best
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes

RECIPE = Recipe(epochs=40, batch_size=4, size=(32, 32), fit="squash", warmup_epochs=1)


class Listener(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_classes(tmp_path_factory.mktemp("squares"), 5)


def rows(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


class TestLimit:
    def test_the_end_follows_from_what_steps_have_taken(self):
        limit = Limit(100)
        assert limit.last_step(0, 0.0, 0.0, 1000) == 1000
        # A second a step so far, and ten for the evaluation at the end.
        assert limit.last_step(20, 20.0, 10.0, 1000) == 90
        assert limit.last_step(20, 20.0, 10.0, 50) == 50
        assert limit.last_step(89, 95.0, 10.0, 1000) == 89

    def test_without_one_the_recipe_decides(self):
        assert Limit().seconds == inf
        assert Limit().last_step(7, 1e9, 1e9, 1000) == 1000
        assert Limit().warmup(30, 40) == 30
        assert Limit(5).warmup(30, 40) == 10


def test_patience_counts_from_the_first_of_the_best():
    def history(*values: float) -> list[dict[str, float]]:
        return [{"val_ap": value} for value in values]

    assert evaluations_since_best([], "ap") == 0
    assert evaluations_since_best([{"epoch": 1.0}, *history(0.1, 0.3, 0.3, 0.2)], "ap") == 2
    assert evaluations_since_best(history(0.1, 0.2), "ap") == 0


def test_a_run_without_patience_left_ends_and_stays_ended(
    squares: Path, small: Checkpoint, tmp_path: Path
) -> None:
    """A learning rate of next to nothing: no epoch is better than the first."""
    heard = Listener()
    recipe = replace(RECIPE, patience=2, learning_rate=1e-9)
    for _ in range(2):
        made = fine_tune_classifier(
            squares, tmp_path, first=small, recipe=recipe, device="cpu", workers=0, reporter=heard
        )
        assert [row["epoch"] for row in rows(tmp_path)] == [1, 2, 3]
        assert "ended after 3 of 40 epochs: the last 2 evaluations were no better" in heard.said
    assert made.provenance.history[-2] == "as of 3 of 40 epochs"


def test_one_evaluation_is_told_as_one() -> None:
    told = early_end_told(2, replace(RECIPE, patience=1), Limit(inf), 1)
    assert told == "ended after 2 of 40 epochs: the last evaluation was no better"


def test_of_patience_and_a_time_limit_the_one_that_ended_the_run_is_told() -> None:
    recipe = replace(RECIPE, patience=3)
    told = [early_end_told(5, recipe, Limit(120), waited) for waited in (3, 2)]
    assert told == [
        "ended after 5 of 40 epochs: the last 3 evaluations were no better",
        "ended after 5 of 40 epochs, at the time limit of 2 min",
    ]


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock for the loop: every reading is a second later than the one before."""
    readings = count()
    monkeypatch.setattr("mobilenetv2.train.loop.monotonic", lambda: float(next(readings)))


@pytest.mark.usefixtures("ticking")
def test_a_time_limit_ends_the_schedule_and_more_time_goes_on(
    squares: Path, small: Checkpoint, tmp_path: Path
) -> None:
    heard, out = Listener(), tmp_path / "out"
    recipe = replace(RECIPE, epochs=400)

    def run(minutes: float) -> float:
        fine_tune_classifier(
            squares, out, first=small, recipe=recipe, device="cpu", workers=0,
            reporter=heard, minutes=minutes,
        )  # fmt: skip
        return rows(out)[-1]["step"]

    first = run(1)
    last = rows(out)[-1]
    assert 30 <= first <= 60  # a second a step, and evaluations
    assert any("at the time limit of 1 min" in said for said in heard.said)
    assert last["learning_rate"] < RECIPE.learning_rate / 100
    assert "val_top1" in last
    history = store.load(out / "model.safetensors").provenance.history
    assert any(line.endswith("of 400 epochs") for line in history)
    assert run(0.5) == first
    assert 2.5 * first < run(3) < 3.5 * first


def test_what_has_no_sense_is_refused(squares: Path, small: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="patience must be 0 where quantize_epochs are to come"):
        recipe_from_json('{"kind": "Recipe", "patience": 2, "quantize_epochs": 1}')
    with pytest.raises(RecipeError, match="time limit must leave quantize_epochs at 0, got 1"):
        fine_tune_classifier(
            squares, tmp_path, first=small, recipe=replace(RECIPE, quantize_epochs=1), minutes=1,
            device="cpu", workers=0,
        )  # fmt: skip


@pytest.mark.parametrize("minutes", [0.0, -1.0, nan])
def test_a_limit_is_a_time(
    minutes: float, squares: Path, small: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="minutes must be above 0, got"):
        fine_tune_classifier(
            squares, tmp_path, first=small, recipe=RECIPE, minutes=minutes, device="cpu", workers=0
        )


def test_a_run_that_ended_before_its_last_evaluation_goes_on_in_its_last_epoch() -> None:
    assert list(going_on_told(5, 8, 4, (1,), 1)) == ["going on at step 5 of 8 (epoch 2)"]
    assert list(going_on_told(8, 8, 4, (1,), 1)) == ["going on at step 8 of 8 (epoch 2)"]
