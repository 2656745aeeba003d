"""A search for a recipe: what is tried, what is ended, what survives a kill, what is compared."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.datasets.two_halves import halves_of_classes, halves_of_pictures
from mobilenetv2.errors import DatasetError, TrainingError
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train import Callback, Recipe
from mobilenetv2.train.search import PrunedError, Search
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric
from tests.train.drawn_classes import draw_boxes, draw_classes

pytest.importorskip("optuna", reason="optuna is not installed")

BEST_DECAY = 0.1


class Bench:
    """Runs that take no time: the nearer the weight decay to a tenth, the better."""

    def __init__(self, made: Checkpoint) -> None:
        self._made = made
        self.tried: list[Recipe] = []
        self.said: list[str] = []
        self.killed_at: int | None = None
        self.fails_at: int | None = None

    def train(self, _out: Path, recipe: Recipe, callbacks: Sequence[Callback]) -> Checkpoint:
        self.tried.append(recipe)
        if len(self.tried) == self.killed_at:
            raise KeyboardInterrupt
        if len(self.tried) == self.fails_at:
            raise TrainingError("the loss is not finite")
        figure = 1 - abs(recipe.weight_decay - BEST_DECAY)
        for epoch in range(1, 4):
            for callback in callbacks:
                callback.on_epoch({"epoch": epoch, "step": epoch, "val_top1": figure})
        return replace(self._made, metrics=(Metric("top1", figure, "x", "y", 4),))

    def search(self, folder: Path, recipe: Recipe = Recipe(seed=3)) -> Search[Recipe]:  # noqa: B008
        return Search(folder, recipe, "top1", self.train, self.said.append)


def test_the_first_to_be_tried_is_the_recipe_itself_and_the_best_is_found(tmp_path, small):
    bench = Bench(small)
    first, best = bench.search(tmp_path).run(8, None)
    assert first is not None
    assert bench.tried[0] == first.recipe == Recipe(seed=3)
    assert best.figure == max(1 - abs(one.weight_decay - BEST_DECAY) for one in bench.tried)
    assert best.figure > first.figure
    assert best.recipe in bench.tried
    assert len({bench.search(tmp_path).place(one) for one in bench.tried}) == len(bench.tried)


def test_what_is_worse_than_half_at_the_same_epoch_is_ended(tmp_path, small):
    bench = Bench(small)
    bench.search(tmp_path).run(8, None)
    assert any("half of the runs before were better by then" in line for line in bench.said)


def test_a_search_that_was_killed_goes_on_with_the_very_run(tmp_path, small):
    bench = Bench(small)
    bench.killed_at = 3
    with pytest.raises(KeyboardInterrupt):
        bench.search(tmp_path).run(4, None)
    bench.search(tmp_path).run(4, None)
    assert bench.tried[3] == bench.tried[2]
    assert len(bench.tried) == 5
    bench.search(tmp_path).run(4, None)
    assert len(bench.tried) == 5


def test_a_search_that_goes_on_tries_what_it_has_not_tried(tmp_path, small):
    bench = Bench(small)
    bench.search(tmp_path).run(3, None)
    bench.search(tmp_path).run(5, None)
    bench.search(tmp_path).run(7, None)
    assert len({one.to_json() for one in bench.tried}) == len(bench.tried) == 7


def test_when_the_time_is_up_no_run_begins(tmp_path, small):
    bench = Bench(small)
    bench.search(tmp_path).run(9, 0.0)
    assert len(bench.tried) == 1
    assert "1 of 9 runs within the time; the same again goes on" in bench.said


def test_a_first_recipe_that_came_to_no_end_is_no_other_one(tmp_path, small):
    bench = Bench(small)
    bench.fails_at = 1
    first, best = bench.search(tmp_path).run(3, None)
    assert first is None
    assert best.recipe in bench.tried[1:]
    assert any("the loss is not finite" in line for line in bench.said)


def test_the_folder_of_another_search_is_refused(tmp_path, small):
    bench = Bench(small)
    bench.search(tmp_path).run(1, None)
    with pytest.raises(TrainingError, match="a search that began from another recipe"):
        bench.search(tmp_path, Recipe(epochs=7)).run(1, None)


def test_a_run_that_is_ended_says_so_in_a_sentence():
    with pytest.raises(PrunedError, match="by then"):
        raise PrunedError("half of the runs before were better by then")


def test_halves_share_classes_and_no_picture(tmp_path):
    paths = tuple(Path(f"{name}/{index}.png") for name in "ab" for index in range(6))
    data = LabeledPictures("set", paths, (0,) * 6 + (1,) * 6)
    choose, compare = halves_of_classes(data)
    assert not set(choose.paths) & set(compare.paths)
    assert choose.targets.count(0) == choose.targets.count(1) == compare.targets.count(0) == 3
    assert halves_of_classes(data)[0] == choose
    boxes = draw_boxes(tmp_path / "boxes", 5)
    assert [len(half.pictures) for half in halves_of_pictures(boxes)] == [3, 2]
    with pytest.raises(DatasetError, match="there must be two at least, got 1"):
        halves_of_pictures(replace(boxes, pictures=boxes.pictures[:1]))


def tune(*arguments: object) -> str:
    done = CliRunner().invoke(main, ["tune", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_ends_with_a_recipe_that_train_takes(tmp_path, small):
    store.save(small, tmp_path / "first.safetensors")
    draw_classes(tmp_path / "squares/train", 4)
    draw_classes(tmp_path / "squares/val", 4)
    common = ["classify", "--data", tmp_path / "squares", "--model",
              tmp_path / "first.safetensors", "--size", 32, "--workers", 0,
              "--set", "fit=squash", "--set", "linear_probe=false"]  # fmt: skip
    said = tune(*common, "--trials", 2, "--epochs", 1, "--out", tmp_path / "search", "--json")
    recipe = tmp_path / "search/recipe.json"
    assert json.loads(said)["recipe"] == str(recipe)
    dry = CliRunner().invoke(
        main, ["train", *map(str, common), "--recipe", str(recipe), "--dry-run"]
    )
    assert dry.exit_code == 0, dry.output


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_detectors_and_segmenters_are_tuned_as_well(task, tmp_path, small, drawn, boxed_squares):
    store.save(small, tmp_path / "first.safetensors")
    data = {"detect": [boxed_squares], "segment": [drawn / "train", "--val", drawn / "val"]}[task]
    said = tune(task, "--data", *data, "--model", tmp_path / "first.safetensors", "--size", 64,
                "--workers", 0, "--trials", 1, "--epochs", 1, "--out", tmp_path / "s")  # fmt: skip
    assert "No run was better than the first" in said
    assert (tmp_path / "s/recipe.json").is_file()


def test_an_option_of_one_run_is_refused(tmp_path):
    draw_classes(tmp_path / "squares", 5)
    done = CliRunner().invoke(
        main, ["tune", "classify", "--data", str(tmp_path / "squares"), "--out",
               str(tmp_path / "s"), "--log", "tensorboard"],
    )  # fmt: skip
    assert done.exit_code == 2
    assert "--log is for `train`" in done.stderr
