"""A segmenter learns its teachers' maps, with masks of its own and without."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.panel import Answer
from mobilenetv2.train.segment.data import SegmentationData, read_unlabeled_masks, report_unlabeled
from mobilenetv2.train.segment.distill import averaged, teacher_loss
from mobilenetv2.train.segment.finetune import fine_tune_segmenter
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.segment.subject import describe_segmenter
from mobilenetv2.train.segment.task import SegmentationTask
from mobilenetv2.train.teach import settle
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from tests.datasets.annotated import picture

QUICK = SegmentationRecipe(
    epochs=1, batch_size=2, size=(65, 65), warmup_epochs=0, evaluate_every=1, dropout=0.0,
    batch_norm="folded",
)  # fmt: skip


@pytest.fixture(scope="module")
def first(tiny_segmenter_file: Path) -> Checkpoint:
    return fold_checkpoint(store.load(tiny_segmenter_file))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(5):
        picture(folder / f"{index}.png")
    return folder


def answer(first: Checkpoint, rows: tuple[int, ...], *planes: list[list[float]]) -> Answer:
    return Answer(Teacher(first, rows, (65, 65)), {"logits": torch.tensor(planes)[None]})


def test_maps_are_brought_to_the_students_grid_corner_on_corner(first: Checkpoint) -> None:
    """Logits ln 3 and -ln 3 at the ends of a row: 0 in the middle of a student's three points."""
    teacher = answer(first, (0, 1), [[math.log(3), -math.log(3)]], [[0.0, 0.0]])
    found = averaged([teacher], (1, 3))
    assert found[0, 0, 0].tolist() == pytest.approx([0.75, 0.5, 0.25])
    loss = teacher_loss(torch.zeros(1, 2, 1, 3), [teacher], 1.0)["teacher_loss"]
    by_hand = 2 / 3 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert loss.item() == pytest.approx(by_hand)


def test_teachers_are_averaged_by_probability_and_by_label(first: Checkpoint) -> None:
    answers = [
        answer(first, (0, 1), [[math.log(3)]], [[0.0]], [[9.0]]),
        answer(first, (2, 0), [[1.0]], [[9.0]], [[1.0]]),
    ]
    assert averaged(answers, (1, 1)).flatten().tolist() == pytest.approx([0.625, 0.375])


def task(first: Checkpoint, found: SegmentationData, *teachers: Checkpoint) -> SegmentationTask:
    subject = describe_segmenter(first, QUICK, found.training, first.labels, "")
    options = {"teachers": teachers, "workers": 0, "device": "cpu"}
    settled = settle(subject, QUICK, first, frozenset(), options)
    return SegmentationTask(settled, found.training, found.validation, found.meaning, None)


def test_a_student_with_its_teachers_weights_has_nothing_to_learn(
    first: Checkpoint, pictures: Path
) -> None:
    lesson = task(first, read_unlabeled_masks(pictures, first.labels), first)
    module = GraphModule(lesson.lesson.module().graph, first.weights).train()
    terms = lesson.loss(module, next(lesson.batches(0)), 0)
    assert set(terms) == {"teacher_loss"}
    terms["teacher_loss"].backward()
    assert terms["teacher_loss"].item() == pytest.approx(0, abs=1e-5)
    assert max(weight.grad.abs().max() for weight in module.parameters()) < 1e-3


def test_a_folder_of_pictures_alone_is_judged_by_the_teachers_masks(
    first: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    """A student that begins as its teacher, and hardly moves, says what the teacher says."""
    found = read_unlabeled_masks(pictures, first.labels)
    training, validation = (
        report_unlabeled(part, found.meaning) for part in (found.training, found.validation)
    )
    result = fine_tune_segmenter(
        training, validation, tmp_path, meaning=found.meaning, first=first,
        recipe=replace(QUICK, learning_rate=1e-9),
        teachers=[first], workers=0, device="cpu",
    )  # fmt: skip
    accuracy = next(metric for metric in result.metrics if metric.name == "pixel_accuracy")
    assert accuracy.value > 0.999
    assert accuracy.split == "held-out fifth, by the teachers' answers"
    assert result.labels == first.labels


def test_masks_to_judge_by_are_the_teachers_classes(
    first: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    picture(tmp_path / "images/a.png")
    (tmp_path / "masks").mkdir()
    Image.new("L", (80, 60), 2).save(tmp_path / "masks/a.png")
    found = read_unlabeled_masks(pictures, first.labels, tmp_path)
    assert found.training.unlabeled
    assert len(found.training.pictures) == 5
    assert not found.validation.unlabeled
    assert found.meaning.labels == first.labels


def test_pictures_alone_need_a_teacher(first: Checkpoint, pictures: Path, tmp_path: Path) -> None:
    found = read_unlabeled_masks(pictures, first.labels)
    report = report_unlabeled(replace(found.training), found.meaning)
    with pytest.raises(DatasetError, match="at least one pixel of a class to learn from"):
        fine_tune_segmenter(
            report, report, tmp_path, meaning=found.meaning, first=first, recipe=QUICK
        )
