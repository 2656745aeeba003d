"""A detector learns its teachers' scores and boxes, with boxes of its own and without."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Scores
from mobilenetv2.train.detect.data import read_unlabeled_boxes
from mobilenetv2.train.detect.distill import averaged, teacher_terms
from mobilenetv2.train.detect.finetune import check_data, fine_tune_detector
from mobilenetv2.train.detect.maps import flatten_maps
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.detect.subject import describe_detector, detector_head
from mobilenetv2.train.detect.task import DetectionTask
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.panel import Answer
from mobilenetv2.train.teach import settle
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

QUICK = DetectionRecipe(
    epochs=1, batch_size=2, size=None, warmup_epochs=0, evaluate_every=1, batch_norm="folded"
)

STILL = replace(QUICK, learning_rate=1e-9)
"""Nothing moves: what is judged is the first weights."""


@pytest.fixture(scope="module")
def first(tiny_detector_file: Path) -> Checkpoint:
    return fold_checkpoint(store.load(tiny_detector_file))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(3)
    for index in range(5):
        Image.fromarray(random.integers(0, 255, (50, 60, 3), np.uint8)).save(
            folder / f"{index}.png"
        )
    return folder


def answer(first: Checkpoint, seed: int, rows: tuple[int, ...] = (0, 1, 2)) -> Answer:
    """Random maps of two pictures."""
    random = torch.Generator().manual_seed(seed)
    module = GraphModule(build(first.spec), first.weights).eval()
    with torch.no_grad():
        maps = module(torch.rand(2, 3, 96, 80, generator=random))
    noisy = {name: one + torch.randn(one.shape, generator=random) for name, one in maps.items()}
    return Answer(Teacher(first, rows, (96, 80)), noisy)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def test_the_terms_are_those_of_the_formula(first: Checkpoint) -> None:
    """Two teachers at temperature 2, computed once more in numpy, float64."""
    answers, student = [answer(first, 1), answer(first, 2)], answer(first, 3)
    head = first.spec.head
    each = [[part.double().numpy() for part in flatten_maps(one.maps, head)] for one in answers]
    offsets, logits = flatten_maps(student.maps, head)
    own, own_offsets = logits.double().numpy(), offsets.double().numpy()
    wanted = np.mean([softmax(classes / 2) for _, classes in each], 0)
    objects = 1 - np.mean([softmax(classes)[..., 0] for _, classes in each], 0)
    apart = np.abs(own_offsets - np.mean([boxes for boxes, _ in each], 0))
    smooth = np.where(apart < 1, apart**2 / 2, apart - 0.5).sum(-1)
    terms = teacher_terms(offsets, logits, answers, 2.0, "softmax")
    divergence = 4 * (wanted * np.log(wanted / softmax(own / 2))).sum()
    assert terms["teacher_class_loss"].item() == pytest.approx(divergence / objects.sum(), rel=1e-4)
    boxes = (objects * smooth).sum() / objects.sum()
    assert terms["teacher_box_loss"].item() == pytest.approx(boxes, rel=1e-4)


def test_classes_that_are_not_learnt_are_background(first: Checkpoint) -> None:
    """A student of cows alone; ants and bees count as what is not to be found."""
    every, cows = answer(first, 1), answer(first, 1, rows=(2,))
    all_classes, found = averaged([every]).scores, averaged([cows]).scores
    assert torch.allclose(found[..., 1], all_classes[..., 3], atol=1e-6)
    assert torch.allclose(found[..., 0], all_classes[..., :3].sum(2), atol=1e-6)


@pytest.mark.parametrize("scores", ["softmax", "sigmoid"])
def test_averaged_answers_are_scores_again_for_predict(first: Checkpoint, scores: Scores) -> None:
    head = replace(first.spec.head, scores=scores)
    teacher = answer(first, 1)
    logits = flatten_maps(teacher.maps, head)[1]
    if scores == "sigmoid":
        one = replace(teacher.teacher, checkpoint=with_scores(first, scores))
        teacher = replace(teacher, teacher=one)
    back = averaged([teacher]).logits(scores)
    if scores == "softmax":
        assert torch.allclose(back.softmax(2), logits.softmax(2), atol=1e-5)
    else:
        assert torch.allclose(back.sigmoid(), logits.sigmoid(), atol=1e-5)


def with_scores(first: Checkpoint, scores: Scores) -> Checkpoint:
    return replace(first, spec=replace(first.spec, head=replace(first.spec.head, scores=scores)))


def lesson(
    first: Checkpoint, data: Path, recipe: DetectionRecipe, *teachers: Checkpoint
) -> DetectionTask:
    found = read_unlabeled_boxes(data, first.labels)
    subject = describe_detector(first, recipe, found.training, None, "")
    options = {"teachers": teachers, "workers": 0, "device": "cpu"}
    head = detector_head(first, recipe, found.training, None)
    settled = settle(subject, recipe, first, frozenset(), options)
    return DetectionTask(settled, head, found.training, found.validation)


@pytest.mark.parametrize("scores", ["softmax", "sigmoid"])
def test_a_student_with_its_teachers_weights_has_nothing_to_learn(
    first: Checkpoint, pictures: Path, scores: Scores
) -> None:
    """Engine and torch differ in the last bits: beside what another teacher asks it is nothing."""
    same = with_scores(first, scores)
    other = replace(same, weights={name: 0.9 * one for name, one in same.weights.items()})
    recipe = replace(QUICK, loss="focal" if scores == "sigmoid" else "multibox")
    losses, gradients = [], []
    for teacher in (same, other):
        task = lesson(same, pictures, recipe, teacher)
        module = GraphModule(task.lesson.module().graph, same.weights).train()
        terms = task.loss(module, next(task.batches(0)), 0)
        assert set(terms) == {"teacher_class_loss", "teacher_box_loss"}
        sum(terms.values()).backward()
        losses.append(sum(term.item() for term in terms.values()))
        gradients.append(max(weight.grad.abs().max().item() for weight in module.parameters()))
    assert losses[0] == pytest.approx(0, abs=1e-4)
    assert losses[1] > 1
    assert gradients[0] < 1e-3 * gradients[1]


def test_a_folder_of_pictures_alone_is_judged_by_the_teachers_boxes(
    first: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    """A student that begins as its teacher finds all that the teacher shows."""
    sure = dict(first.weights)
    for index in range(4):
        # All ants, so that boxes score above what `predict` shows.
        bias = sure[f"class{index}.bias"].copy()
        bias[1::4] += 3
        sure[f"class{index}.bias"] = bias
    teacher = replace(first, weights=sure)
    data = read_unlabeled_boxes(pictures, first.labels)
    result = fine_tune_detector(
        data.training, data.validation, tmp_path, first=teacher, recipe=STILL,
        teachers=[teacher], workers=0, device="cpu",
    )  # fmt: skip
    ap50 = next(metric for metric in result.metrics if metric.name == "ap50")
    assert ap50.value == 1
    assert ap50.split == "held-out fifth, by the teachers' answers"
    assert result.labels == first.labels


def test_unreadable_pictures_are_findings(
    first: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    for path in pictures.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"no picture")
    data = read_unlabeled_boxes(tmp_path, first.labels)
    assert [found.path.name for found in data.findings] == ["broken.png"]
    assert len(data.training.pictures) + len(data.validation.pictures) == 5


def test_pictures_alone_need_a_teacher(first: Checkpoint, pictures: Path) -> None:
    data = read_unlabeled_boxes(pictures, first.labels)
    check_data(data.training, data.validation, taught=True)
    with pytest.raises(DatasetError, match=r"at least one box to train on.*need a --teacher"):
        check_data(data.training, data.validation)
