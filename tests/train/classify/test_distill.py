"""A classifier learns its teachers' answers, with labels and without."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.errors import CheckpointError, DatasetError, TrainingError
from mobilenetv2.network.spec import Classifier
from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.classify.data import read_training_data, read_unlabeled_data
from mobilenetv2.train.classify.distill import averaged, teacher_loss
from mobilenetv2.train.classify.start import with_classes
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.panel import Answer
from mobilenetv2.train.teach import settle
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.train.unlabeled import UNLABELED
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

QUICK = Recipe(epochs=1, batch_size=4, warmup_epochs=0, dropout=0.0, batch_norm="folded")


@pytest.fixture(scope="module")
def first(tiny_file: Path) -> Checkpoint:
    return fold_checkpoint(store.load(tiny_file))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures in a row, and the same in folders of classes beside."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(3)
    for index in range(8):
        picture = Image.fromarray(random.integers(0, 255, (50, 60, 3), np.uint8))
        for place in (folder / "bare", folder / "labeled" / ("cow", "ant")[index % 2]):
            place.mkdir(parents=True, exist_ok=True)
            picture.save(place / f"{index}.png")
    return folder


def answer(first: Checkpoint, logits: list[float], rows: tuple[int, ...]) -> Answer:
    maps = {"logits": torch.tensor(logits)[None, :, None, None]}
    return Answer(Teacher(first, rows, (48, 40)), maps)


def test_teachers_are_averaged_by_probability_and_by_label(first: Checkpoint) -> None:
    """(3/4, 1/4), and (1/2, 1/2) of one that calls the second class first and knows a third."""
    answers = [
        answer(first, [math.log(3), 0.0, 0.0], (0, 1)),
        answer(first, [5.0, 2.0, 2.0], (2, 1)),
    ]
    assert averaged(answers).tolist()[0] == pytest.approx([0.625, 0.375])
    loss = teacher_loss(torch.zeros(1, 2), answers, 1.0)["teacher_loss"]
    by_hand = 0.625 * math.log(1.25) + 0.375 * math.log(0.75)
    assert loss.item() == pytest.approx(by_hand)


def task(
    first: Checkpoint, data: Path, recipe: Recipe, *teachers: Checkpoint, unlabeled: bool = False
) -> Classification:
    found = (
        read_unlabeled_data(data, None, teachers[0].labels)
        if unlabeled
        else read_training_data(data, None)
    )
    subject = describe_subject(first, recipe, found, "")
    options = {"teachers": teachers, "workers": 0, "device": "cpu"}
    return Classification(settle(subject, recipe, first, frozenset(), options), found)


def test_a_student_with_its_teachers_weights_has_nothing_to_learn(
    first: Checkpoint, pictures: Path
) -> None:
    lesson = task(first, pictures / "bare", QUICK, first, unlabeled=True)
    module = GraphModule(lesson.lesson.module().graph, first.weights).train()
    terms = lesson.loss(module, next(lesson.batches(0)), 0)
    assert set(terms) == {"teacher_loss"}
    terms["teacher_loss"].backward()
    assert terms["teacher_loss"].item() == pytest.approx(0, abs=1e-5)
    assert max(weight.grad.abs().max() for weight in module.parameters()) < 1e-3


def test_right_answers_and_teachers_share_the_loss_by_weight(
    first: Checkpoint, pictures: Path
) -> None:
    """What there is without a teacher, times 3/4, beside the teacher's, times 1/4."""
    other = replace(first, weights={name: 0.9 * one for name, one in first.weights.items()})
    recipe = replace(QUICK, teacher_weight=0.25)
    found = {}
    for name, weight, teachers in (
        ("alone", 0.25, ()), ("both", 0.25, (other,)), ("taught", 1.0, (other,))
    ):  # fmt: skip
        lesson = task(
            first, pictures / "labeled", replace(recipe, teacher_weight=weight), *teachers
        )
        torch.manual_seed(0)
        module = lesson.lesson.module().train()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.normal_(0, 0.1)
        found[name] = {
            k: v.item() for k, v in lesson.loss(module, next(lesson.batches(0)), 0).items()
        }
    assert found["taught"]["loss"] == 0
    assert found["both"] == pytest.approx(
        {"loss": 0.75 * found["alone"]["loss"],
         "teacher_loss": 0.25 * found["taught"]["teacher_loss"]}
    )  # fmt: skip
    assert found["taught"]["teacher_loss"] > 0


def test_teachers_see_what_the_student_sees_where_pictures_are_mixed(
    first: Checkpoint, pictures: Path
) -> None:
    """With its teacher's weights a student agrees on mixed pictures too, but for their rounding."""
    recipe = replace(QUICK, augmentation=Augmentation(cutmix=1.0, color_jitter=0))
    lesson = task(first, pictures / "bare", recipe, first, unlabeled=True)
    module = GraphModule(lesson.lesson.module().graph, first.weights).train()
    loss = lesson.loss(module, next(lesson.batches(0)), 0)["teacher_loss"]
    assert loss.item() == pytest.approx(0, abs=1e-5)


Train = Callable[..., Checkpoint]


@pytest.fixture
def train(first: Checkpoint, tmp_path: Path) -> Train:
    def run(data: Path, **changes: object) -> Checkpoint:
        given = {"first": first, "recipe": QUICK, "device": "cpu", "workers": 0} | changes
        return fine_tune_classifier(data, tmp_path / "run", **given)

    return run


def test_a_folder_of_pictures_alone_teaches_the_teachers_classes(
    train: Train, first: Checkpoint, pictures: Path
) -> None:
    """Judged by the teacher: a student that begins as its teacher is right from the start."""
    result = train(pictures / "bare", teachers=[first])
    assert result.labels == first.labels
    top1 = next(metric for metric in result.metrics if metric.name == "top1")
    assert (top1.value, top1.count) == (1.0, 1)
    assert top1.split == "held-out fifth, by the teachers' answers"
    distance = max(np.abs(result.weights[k] - first.weights[k]).max() for k in first.weights)
    assert distance < 1e-3


def test_a_new_head_is_probed_by_what_the_teacher_says(
    train: Train, first: Checkpoint, pictures: Path
) -> None:
    labels = ("fern", "moss")
    spec = replace(first.spec, head=Classifier(2))
    weights = {
        name: one[:2] if name.startswith("logits") else one for name, one in first.weights.items()
    }
    other = replace(first, spec=spec, labels=labels, weights=weights)
    assert train(pictures / "bare", teachers=[other]).labels == labels


def test_folders_are_labels_unless_told_otherwise(
    train: Train, first: Checkpoint, pictures: Path
) -> None:
    assert train(pictures / "labeled", teachers=[first]).labels == ("ant", "cow")


def test_told_so_no_folder_is_a_label(train: Train, first: Checkpoint, pictures: Path) -> None:
    result = train(pictures / "labeled", teachers=[first], unlabeled=True)
    assert result.labels == first.labels
    assert "8 pictures" not in result.provenance.history[-2]


def test_right_answers_judge_where_there_are_some(first: Checkpoint, pictures: Path) -> None:
    found = read_unlabeled_data(pictures / "bare", pictures / "labeled", first.labels)
    assert found.unlabeled
    assert len(found.training.paths) == 8
    assert set(found.validation.targets) == {first.labels.index("ant"), first.labels.index("cow")}
    assert found.split == "labeled"
    bare = read_unlabeled_data(pictures / "labeled", pictures / "bare", first.labels)
    assert set(bare.validation.targets) == {UNLABELED}
    assert bare.split == "bare, by the teachers' answers"


def test_classes_of_one_name_keep_their_own_weights(first: Checkpoint, pictures: Path) -> None:
    """As ImageNet's two cranes: each row of the head stays where it was."""
    twice = replace(first, labels=("crane", "crane", "bus"))
    lesson = task(twice, pictures / "bare", QUICK, twice, unlabeled=True).lesson
    kept = with_classes(twice, lesson.subject)
    assert np.array_equal(kept.weights["logits.weight"], first.weights["logits.weight"])


def test_pictures_alone_need_a_teacher(train: Train, pictures: Path) -> None:
    with pytest.raises(DatasetError, match="at least two folders"):
        train(pictures / "bare")
    with pytest.raises(DatasetError, match=r"without labels need a teacher.*--teacher"):
        train(pictures / "bare", unlabeled=True)


def test_a_teacher_without_the_classes_is_refused_before_anything_is_written(
    train: Train, first: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    stranger = replace(first, labels=("ant", "elk", "emu"))
    with pytest.raises(CheckpointError, match=r"lacks 1 of 2: \['cow'\]"):
        train(pictures / "labeled", teachers=[stranger])
    assert not (tmp_path / "run").exists()


def test_the_checkpoint_names_its_teachers_and_their_licence(
    train: Train, first: Checkpoint, pictures: Path
) -> None:
    borrowed = replace(first, license="MIT")
    result = train(pictures / "bare", teachers=[first, borrowed], license="CC-BY-4.0")
    assert result.license == "CC0-1.0; pictures: CC-BY-4.0; teacher: MIT"
    assert [line.split(" (")[0] for line in result.provenance.history[-2:]] == [
        "taught by random weights", "taught by random weights"
    ]  # fmt: skip


def test_another_teacher_does_not_go_on_with_this_run(
    train: Train, first: Checkpoint, pictures: Path
) -> None:
    train(pictures / "bare", teachers=[first])
    other = replace(first, weights={name: 0.5 * one for name, one in first.weights.items()})
    with pytest.raises(TrainingError, match=r"began otherwise \(teachers: was [0-9a-f]{16}, now"):
        train(pictures / "bare", teachers=[other])
