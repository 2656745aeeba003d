"""Whole pictures' statistics are taken where training pictures are told better by them."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.model import Model
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier, results
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.classify import whole
from mobilenetv2.train.classify.batches import Batch
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.probe import logistic_regression
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.whole import MOST_PICTURES, better_statistics, some_places
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.run import Run
from mobilenetv2.train.task import Lesson, Task
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes

TOLD = "batch norm has the statistics of whole pictures"
RECIPE = Recipe(
    epochs=2, batch_size=16, warmup_epochs=0, fit="squash",
    augmentation=Augmentation((1, 1), (1, 1), flip=0, color_jitter=0),
)  # fmt: skip
TINTS = ((-60, 0, 60), (60, 0, -60), (0, 60, 0))


def batches(seed: int, count: int = 30) -> list[Batch]:
    """Grains, a third of each class tinted in its way."""
    random = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % len(TINTS)
    grains = torch.randint(60, 196, (count, 1, 64, 64), generator=random)
    images = (grains + torch.tensor(TINTS)[targets][:, :, None, None]).clip(0, 255)
    return [Batch(images.to(torch.uint8), targets)]


def losses(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


@pytest.fixture(scope="module")
def first(small: Checkpoint) -> Checkpoint:
    """With batch norms that have the statistics of such pictures."""
    (batch,) = batches(0, 96)
    compute = choose_compute("cpu", "auto", (64, 64))
    return restore_batch_norm(small, [compute.normalize(batch.images, small.preprocessing)])


@pytest.fixture(scope="module")
def lesson(first: Checkpoint) -> Lesson[Recipe]:
    nothing = LabeledPictures("none", (), ())
    data = TrainingData(first.labels, nothing, nothing, "val")
    subject = describe_subject(first, RECIPE, data, "")
    return Lesson(subject, RECIPE, choose_compute("cpu", "auto", (64, 64)), 0, frozenset())


@pytest.fixture
def knowing(first: Checkpoint, lesson: Lesson[Recipe]) -> GraphModule:
    """A network that tells the tints apart."""
    (batch,) = batches(0, 96)
    images = lesson.images(batch)
    module = GraphModule(lesson.module().graph, first.weights).eval()
    with torch.no_grad():
        features: list[Tensor] = []
        hook = module.layers["logits"].register_forward_pre_hook(
            lambda _, inputs: features.append(inputs[0].flatten(1))
        )
        module(images)
        hook.remove()
        weight, bias = logistic_regression(features[0], batch.targets, len(TINTS))
        module.layers["logits"].weight.copy_(torch.from_numpy(weight))
        module.layers["logits"].bias.copy_(torch.from_numpy(bias))
    return module


def test_statistics_that_suit_the_pictures_stay(
    knowing: GraphModule, lesson: Lesson[Recipe]
) -> None:
    said: list[str] = []
    found = better_statistics(knowing, lesson, lambda: batches(1, 96), losses, said.append)
    assert found is knowing
    assert said == []


def test_those_of_other_pictures_make_way_for_the_pictures_own(
    knowing: GraphModule, lesson: Lesson[Recipe]
) -> None:
    variance = knowing.layers["stem"].variance.clone()
    for layer in knowing.layers.values():
        if hasattr(layer, "variance"):
            layer.variance.mul_(4)
    said: list[str] = []
    found = better_statistics(knowing, lesson, lambda: batches(1, 96), losses, said.append)
    assert found is not knowing
    (sentence,) = said
    assert sentence.startswith(f"{TOLD}, not of the steps' crops: loss of 96 training pictures")
    after, before = map(float, re.findall(r"\d+\.\d{3}", sentence))
    assert after < before / 2
    assert torch.allclose(found.layers["stem"].variance, variance, rtol=0.1)
    (judged,) = batches(2)
    with torch.no_grad():
        before, after = (
            losses(one(lesson.images(judged))["logits"].flatten(1), judged.targets).mean()
            for one in (knowing, found)
        )
    assert after < before / 2


@pytest.mark.parametrize(
    ("changes", "count"),
    [({"remeasure": False}, 96), ({"batch_norm": "frozen"}, 96), ({}, 31)],
    ids=["not asked for", "statistics rest", "too few pictures"],
)
def test_they_are_left_alone_where_there_is_no_asking(
    knowing: GraphModule, lesson: Lesson[Recipe], changes: dict[str, object], count: int
) -> None:
    other = replace(lesson, recipe=replace(RECIPE, **changes))  # type: ignore[arg-type]
    for layer in knowing.layers.values():
        layer.statistics = other.statistics
        if hasattr(layer, "variance"):
            layer.variance.mul_(4)
    assert better_statistics(knowing, other, lambda: batches(1, count), losses, print) is knowing


def test_of_many_pictures_some_are_asked_by_chance(lesson: Lesson[Recipe]) -> None:
    assert sorted(some_places(40, lesson)) == list(range(40))
    some = some_places(5120, lesson)
    assert len(set(some)) == MOST_PICTURES
    assert some != sorted(some)
    large = replace(lesson.subject, spec=replace(lesson.subject.spec, size=(1024, 1024)))
    assert len(some_places(5120, replace(lesson, subject=large))) == 42


class Spoken:
    """A reporter that remembers sentences."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def step(self, step: int, total: int, loss: float) -> None:
        pass

    def epoch(self, row: Mapping[str, float]) -> None:
        pass


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("squares")
    draw_classes(folder / "train", 24)
    draw_classes(folder / "val", 4)
    return folder


@pytest.fixture
def always_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "gains", lambda *_: (torch.ones(32), torch.zeros(32)))


def taught(data: Path, out: Path, first: Checkpoint, recipe: Recipe) -> tuple[Checkpoint, Spoken]:
    spoken = Spoken()
    found = fine_tune_classifier(
        data / "train", out, first=first, validation=data / "val", recipe=recipe, device="cpu",
        workers=0, reporter=spoken,
    )  # fmt: skip
    return found, spoken


@pytest.mark.usefixtures("always_better")
def test_what_is_written_is_what_was_judged_also_when_asked_again(
    squares: Path, small: Checkpoint, tmp_path: Path
) -> None:
    found, spoken = taught(squares, tmp_path, small, RECIPE)
    assert sum(TOLD in line for line in spoken.lines) == 1
    judged = {metric.name: metric.value for metric in found.metrics}
    report = evaluate_classifier(Model(found), read_labeled(squares / "val", found.labels))
    assert report.top1.value == pytest.approx(judged["top1"])
    before = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").unlink()
    taught(squares, tmp_path, small, RECIPE)
    assert (tmp_path / "model.safetensors").read_bytes() == before
    plain, _ = taught(squares, tmp_path / "plain", small, replace(RECIPE, remeasure=False))
    assert any((found.weights[name] != plain.weights[name]).any() for name in found.weights)


@pytest.mark.usefixtures("always_better")
def test_integers_begin_with_them_and_patience_ends_with_them(
    squares: Path, small: Checkpoint, tmp_path: Path
) -> None:
    found, spoken = taught(squares, tmp_path / "8", small, replace(RECIPE, quantize_epochs=1))
    assert sum(TOLD in line for line in spoken.lines) == 1
    assert found.quantization is not None
    patient = replace(RECIPE, epochs=9, patience=1, learning_rate=1e-9, linear_probe=False)
    found, spoken = taught(squares, tmp_path / "patient", small, patient)
    assert sum(TOLD in line for line in spoken.lines) == 1
    judged = {metric.name: metric.value for metric in found.metrics}
    report = evaluate_classifier(Model(found), read_labeled(squares / "val", found.labels))
    assert report.top1.value == pytest.approx(judged["top1"])


@pytest.mark.usefixtures("always_better")
@pytest.mark.parametrize("slow", [0, 3])
def test_under_a_time_limit_what_is_written_was_judged_however_long_that_took(
    squares: Path, small: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: int
) -> None:
    """One evaluation takes longer than the others, by which the end was estimated."""
    clock, judged, written = [0.0], list[GraphModule](), list[GraphModule]()

    def reading() -> float:
        clock[0] += 1
        return clock[0]

    def judge(run: Run, task: Task[Batch]) -> Mapping[str, float]:
        clock[0] += 20 * (len(judged) == slow)
        judged.append(results.kept(run, task))
        return own_judge(run, task)

    def write(run: Run, task: Task[Batch], metrics: Mapping[str, float]) -> Checkpoint:
        written.append(results.kept(run, task))
        return own_write(run, task, metrics)

    own_judge, own_write = results.judge, results.checkpoint_of
    monkeypatch.setattr("mobilenetv2.train.loop.monotonic", reading)
    monkeypatch.setattr(results, "judge", judge)
    monkeypatch.setattr(results, "checkpoint_of", write)
    fine_tune_classifier(
        squares / "train", tmp_path, first=small, validation=squares / "val", device="cpu",
        workers=0, recipe=replace(RECIPE, epochs=99), minutes=0.6,
    )  # fmt: skip
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    epochs = [row["epoch"] for row in log]
    assert epochs == sorted(set(epochs))
    assert written[-1] is judged[-1]
