"""What code of others hears of a run, and what becomes of a run that it breaks."""

import json
from pathlib import Path

import pytest

from mobilenetv2.errors import TrainingError
from mobilenetv2.train import Callback, Recipe, RunStart, fine_tune_classifier
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes

RECIPE = Recipe(epochs=3, batch_size=8, size=(32, 32), fit="squash", warmup_epochs=0)


class Notebook(Callback):
    """Writes all it hears; raises at an epoch."""

    def __init__(self, fails_at: int = 0) -> None:
        self.heard: list[object] = []
        self._fails_at = fails_at

    def on_start(self, start: RunStart) -> None:
        self.heard.append((start.resumed, start.labels, start.recipe.epochs))

    def on_epoch(self, row):
        if row["epoch"] == self._fails_at:
            raise KeyError("no such column")
        self.heard.append(row["epoch"])

    def on_end(self, checkpoint: Checkpoint) -> None:
        self.heard.append(checkpoint.labels)


class Deaf(Callback):
    """Has no method of its own."""


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_classes(tmp_path_factory.mktemp("squares"), 5)


def train(data: Path, out: Path, first: Checkpoint, *callbacks: Callback) -> None:
    fine_tune_classifier(
        data, out, first=first, recipe=RECIPE, device="cpu", workers=0, callbacks=callbacks
    )


def test_a_callback_hears_start_epochs_and_end(squares, small, tmp_path):
    heard = Notebook()
    train(squares, tmp_path, small, Deaf(), heard)
    assert heard.heard == [(False, ("blue", "red"), 3), 1, 2, 3, ("blue", "red")]


def test_one_that_raises_ends_in_a_sentence_and_the_run_goes_on(squares, small, tmp_path):
    broken = Notebook(fails_at=2)
    with pytest.raises(TrainingError, match=r"Notebook\.on_epoch raised KeyError: .*no such colu"):
        train(squares, tmp_path, small, broken)
    assert broken.heard == [(False, ("blue", "red"), 3), 1]
    mended = Notebook()
    train(squares, tmp_path, small, mended)
    assert mended.heard == [(True, ("blue", "red"), 3), 3, ("blue", "red")]
    log = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2, 3]
