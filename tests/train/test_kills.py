"""A run of two processes, one of which is killed again and again, ends as one left alone."""

import json
import os
import random
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.train import Recipe, TrainingInterrupted, fine_tune_classifier, loop
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.launched import PeerLostError
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.processes import Processes
from mobilenetv2.train.state import load_state
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from tests.train.drawn_classes import draw_classes
from tests.train.together import started, together

KILLS = 12
LATEST_SECONDS, NOTICED_SECONDS = 1.5, 2.0
RECIPE = Recipe(
    epochs=4, batch_size=8, size=(32, 32), warmup_epochs=1, quantize_epochs=1, batch_norm="synced"
)
"""Sixteen steps, of which the last four are in integers."""


class Heard:
    """A reporter that writes down what it is told, and may do something after a step."""

    def __init__(self, file: Path, step: int = 0, signal_: int = 0) -> None:
        self._file, self._step, self._signal = file, step, signal_

    def say(self, text: str) -> None:
        with self._file.open("a") as file:
            file.write(text + "\n")

    def step(self, step: int, total: int, loss: float) -> None:
        self.say(f"step {step} of {total}")
        if step == self._step:
            os.kill(os.getpid(), self._signal)

    def epoch(self, row: object) -> None:
        pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_classes(tmp_path_factory.mktemp("classes"), 20)


@pytest.fixture(scope="module")
def first() -> Checkpoint:
    spec = Spec(head=Classifier(3), width=0.1, size=(32, 32), batch_norm_epsilon=None)
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), seed=5),
        preprocessing=Preprocessing(size=(32, 32), fit="squash"),
        labels=("a", "b", "c"),
        provenance=Provenance("random weights"),
        license="CC0-1.0",
    )


@pytest.fixture(autouse=True)
def saves_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)


def teach(data: Path, out: Path, first: Checkpoint, *wanted: int) -> Checkpoint:
    heard = Heard(out.with_suffix(".txt"), *wanted)
    return fine_tune_classifier(
        data, out, first=first, recipe=RECIPE, device="cpu", workers=0, reporter=heard
    )


@pytest.fixture(scope="module")
def undisturbed(data: Path, first: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    together(2, lambda _: teach(data, out, first))
    return out


def assert_same_end(one: Path, other: Path) -> None:
    for name in ("model.safetensors", "best.safetensors"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    rows = [(out / "log.jsonl").read_text().splitlines() for out in (one, other)]
    assert len(rows[0]) == RECIPE.epochs
    assert [plain(row) for row in rows[0]] == [plain(row) for row in rows[1]]


def plain(row: str) -> dict[str, float]:
    """A row of the log without what the clock said."""
    return {name: value for name, value in json.loads(row).items() if "seconds" not in name}


def test_killed_at_random_moments(
    data: Path, first: Checkpoint, undisturbed: Path, tmp_path: Path
) -> None:
    """Either process, while they meet, begin, save, learn, judge and find ranges of integers.

    The one that is left ends by itself if they had met. A run that is done before the next kill is
    followed by another one.
    """
    moments, killed, noticed, runs = random.Random(7), 0, 0, 0
    while killed < KILLS:
        out = tmp_path / str(runs)
        runs += 1
        done = False
        while not done:
            with started(2, lambda _, out=out: teach(data, out, first)) as children:
                victim, moment = moments.randrange(2), moments.uniform(0, LATEST_SECONDS)
                if killed < KILLS and not children[victim].answer.poll(moment):
                    children[victim].process.kill()
                    killed += 1
                    # As torchrun does: one that still waits for the dead to come is killed too.
                    if children[1 - victim].answer.poll(NOTICED_SECONDS):
                        left = children[1 - victim].heard(0)
                        assert isinstance(left, PeerLostError | Checkpoint), left
                        noticed += 1
                else:
                    answers = [child.heard(60) for child in children]
                    done = all(isinstance(answer, Checkpoint) for answer in answers)
                    assert done, answers
        assert_same_end(out, undisturbed)
    assert noticed


def test_a_wish_of_either_stops_both_after_the_same_step(
    data: Path, first: Checkpoint, undisturbed: Path, tmp_path: Path
) -> None:
    """Here of the second alone."""
    out = tmp_path / "run"
    with started(2, lambda _: teach(data, out, first)) as (one, other):
        said = out.with_suffix(".txt")
        while not (said.is_file() and "step 1 of" in said.read_text()):
            assert not one.answer.poll(0.01)
        os.kill(other.process.pid, signal.SIGTERM)
        for child in (one, other):
            stopped = child.heard(60)
            assert isinstance(stopped, TrainingInterrupted), stopped
    together(2, lambda _: teach(data, out, first))
    assert_same_end(out, undisturbed)


def test_from_one_to_two_processes_and_back(
    data: Path, first: Checkpoint, undisturbed: Path, tmp_path: Path
) -> None:
    """It goes on, says that bits may differ, and keeps who computed."""
    out = tmp_path / "run"
    for number, last in ((1, 3), (2, 6)):
        wish = (last, signal.SIGTERM)
        with started(number, lambda _, wish=wish: teach(data, out, first, *wish)) as children:
            for child in children:
                assert isinstance(child.heard(60), TrainingInterrupted)
        assert load_state(out / "state.pt", torch.device("cpu"))["step"] == last
    (ended,) = together(1, lambda _: teach(data, out, first))
    said = out.with_suffix(".txt").read_text()
    assert "so far by 1 process, from here on by 2: sums are rounded otherwise" in said
    assert "so far by 1, then 2 processes, from here on by 1" in said
    assert ended.provenance.history[-1] == "taught by 1, then 2, then 1 process"
    other = store.load(undisturbed / "model.safetensors")
    assert all(np.isfinite(array).all() for array in ended.weights.values())
    assert ended.spec == other.spec


def test_a_wish_while_an_epoch_is_judged_is_granted_at_once(
    data: Path, first: Checkpoint, undisturbed: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """Judging may take long; what was learnt is saved before, and the same command judges it."""
    out, judge = tmp_path / "run", Classification.evaluate

    def interrupted(task: Classification, module: GraphModule) -> Mapping[str, float]:
        os.kill(os.getpid(), signal.SIGTERM)
        return judge(task, module)

    def work(_: Processes) -> Checkpoint:
        monkeypatch.setattr(Classification, "evaluate", interrupted)
        return teach(data, out, first)

    with started(2, work) as children:
        for child in children:
            stopped = child.heard(60)
            assert isinstance(stopped, TrainingInterrupted), stopped
            assert "stopped after step 4 of 16; everything is saved" in str(stopped)
    assert load_state(out / "state.pt", torch.device("cpu"))["step"] == 4
    together(2, lambda _: teach(data, out, first))
    assert_same_end(out, undisturbed)
