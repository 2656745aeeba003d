"""Of an uneven set, which class is helped how much."""

from math import log
from pathlib import Path

import pytest
import torch

from mobilenetv2.network.build import build
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.classify.balance import balance_told, handicaps
from mobilenetv2.train.classify.batches import Batch
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.recipe import Augmentation, Recipe
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.task import Lesson
from mobilenetv2.weights.checkpoint import Checkpoint

UNEVEN = [0] * 300 + [1] * 6 + [2] * 150


def test_the_root_of_how_rare_a_class_is() -> None:
    assert handicaps(UNEVEN, 3, 0.5) == pytest.approx((0, log((6 / 300) ** 0.5), log(0.5**0.5)))


def test_even_classes_and_no_balance_leave_logits_alone() -> None:
    assert handicaps([0, 1, 1, 0], 2, 0.5) == (0, 0)
    assert handicaps(UNEVEN, 3, 0.0) == (0, 0, 0)


def test_a_word_where_one_class_has_three_times_anothers_pictures() -> None:
    said = balance_told(UNEVEN, ("bee", "wasp", "ant"), 0.5)
    assert said.startswith("classes are uneven, from 300 pictures of bee to 6 of wasp: rare ones")
    assert said.endswith("1 class has fewer than a tenth of the pictures of 'bee', 300 (wasp 6): "
                         "a network may never name them")  # fmt: skip
    # Whether they are helped or not.
    assert balance_told(UNEVEN, ("bee", "wasp", "ant"), 0.0).startswith("1 class has fewer than")
    assert balance_told([0, 0, 1], ("bee", "wasp"), 0.5) == ""


def test_the_loss_of_logits_that_know_nothing_is_that_of_the_handicaps(small: Checkpoint) -> None:
    """Of 300 to 6 the root: a rare picture counts as one in 1 + 50 ** 0.5."""
    pictures = LabeledPictures("x/y", (Path("a.jpg"),) * 306, (0,) * 300 + (1,) * 6)
    data = TrainingData(("bee", "wasp"), pictures, pictures, "test")
    recipe = Recipe(label_smoothing=0.0, augmentation=Augmentation())
    subject = describe_subject(small, recipe, data, "")
    compute = choose_compute("cpu", "float32", (64, 64))
    task = Classification(Lesson(subject, recipe, compute, 0, frozenset()), data)
    batch = Batch(torch.zeros(2, 3, 64, 64, dtype=torch.uint8), torch.tensor([1, 1]))
    silent = GraphModule(build(subject.training_spec)).eval()
    loss = task.loss(silent, batch, 0)["loss"].item()
    assert loss == pytest.approx(log(1 + 50**0.5))
