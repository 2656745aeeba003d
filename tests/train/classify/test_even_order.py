"""Classes drawn evenly: what a step shows is still a function of seed and step alone."""

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.errors import RecipeError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train import Recipe, fine_tune_classifier
from mobilenetv2.train.batches import training_batches
from mobilenetv2.train.classify.balance import balance_told
from mobilenetv2.train.classify.batches import TrainingPictures, collate
from mobilenetv2.train.classify.data import TrainingData, read_classes
from mobilenetv2.train.classify.even_order import EvenOrder
from mobilenetv2.train.classify.recipe import Augmentation
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.order import Order, Place, Share
from mobilenetv2.train.task import Lesson
from mobilenetv2.train.unlabeled import UNLABELED
from mobilenetv2.weights.checkpoint import Checkpoint

UNEVEN = [0] * 300 + [1] * 6 + [2] * 30
LABELS = ("bee", "wasp", "ant")


def epoch_of(order: EvenOrder, epoch: int) -> list[Place]:
    steps = range(epoch * order.steps_per_epoch, (epoch + 1) * order.steps_per_epoch)
    return [place for step in steps for place in order.places(step)]


def test_all_classes_come_equally_often() -> None:
    order = EvenOrder(UNEVEN, batch_size=16, seed=0)
    for step in range(3 * order.steps_per_epoch):
        counts = Counter(UNEVEN[index] for _, index in order.places(step))
        assert min(counts.values()) >= 4
    assert order.steps_per_epoch == Order(len(UNEVEN), 16, 0).steps_per_epoch


def test_a_class_shows_all_its_pictures_before_one_comes_again() -> None:
    order = EvenOrder(UNEVEN, batch_size=16, seed=0)
    seen = [place for epoch in range(3) for place in epoch_of(order, epoch)]
    frequent = [index for _, index in seen if UNEVEN[index] == 0]
    assert len(set(frequent[:300])) == len(frequent[:300]) > 290
    rare = Counter(index for _, index in seen if UNEVEN[index] == 1)
    assert max(rare.values()) - min(rare.values()) <= 1


@given(
    targets=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    size=st.integers(1, 50),
    seed=st.integers(0, 3),
)
def test_no_place_comes_twice(targets: list[int], size: int, seed: int) -> None:
    """Else a picture would be augmented twice in the same way."""
    order = EvenOrder(targets, size, seed)
    seen = [place for epoch in range(4) for place in epoch_of(order, epoch)]
    assert len(seen) == 4 * (len(targets) // size * size or len(targets))
    assert len(set(seen)) == len(seen)


def test_epochs_and_seeds_differ_and_calls_do_not() -> None:
    one, other = EvenOrder(UNEVEN, 16, 0), EvenOrder(UNEVEN, 16, 1)
    assert epoch_of(one, 1) == epoch_of(EvenOrder(UNEVEN, 16, 0), 1)
    assert [index for _, index in epoch_of(one, 0)] != [index for _, index in epoch_of(one, 1)]
    assert epoch_of(one, 0) != epoch_of(other, 0)


def test_shares_of_a_step_are_the_step() -> None:
    order = EvenOrder(UNEVEN, 10, 3)
    for step in (0, 4, 33, 70):
        shares = [order.places(step, Share(rank, 4)) for rank in range(4)]
        assert [place for share in shares for place in share] == order.places(step)


def test_beginning_later_gives_the_same_batches(pictures: Path) -> None:
    data, _ = read_classes(pictures)
    shown = TrainingPictures(data, Preprocessing(size=(48, 48)), Augmentation(), seed=3)
    order = EvenOrder(data.targets, 6, seed=3)
    whole = list(islice(training_batches(shown, order, 0, 0, collate), 5))
    later = list(islice(training_batches(shown, EvenOrder(data.targets, 6, 3), 3, 0, collate), 2))
    for one, other in zip(whole[3:], later, strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.targets, other.targets)


def test_what_is_shown_evenly_bears_no_handicap(small: Checkpoint) -> None:
    pictures = LabeledPictures("x/y", (Path("a.jpg"),) * len(UNEVEN), tuple(UNEVEN))
    data = TrainingData(LABELS, pictures, pictures, "test")
    compute = choose_compute("cpu", "float32", (64, 64))
    recipe = Recipe(sampling="balanced", batch_size=9)
    lesson = Lesson(describe_subject(small, recipe, data, ""), recipe, compute, 0, frozenset())
    task = Classification(lesson, data)
    assert task.handicaps == (0, 0, 0)
    shown = Counter(UNEVEN[index] for _, index in task.order.places(0))
    assert shown == {0: 3, 1: 3, 2: 3}


def test_it_is_told_how_often_a_rare_picture_comes() -> None:
    said = balance_told(UNEVEN, LABELS, 0.5, "balanced")
    assert said.startswith(
        "classes are uneven, from 300 pictures of bee to 6 of wasp: all are shown equally often, "
        "a picture of wasp 18.7 times an epoch (sampling balanced in the recipe); 1 class has"
    )


def test_pictures_of_which_nobody_says_what_they_show_cannot_be_drawn_evenly(
    small: Checkpoint, tmp_path: Path
) -> None:
    pictures = LabeledPictures("x/y", (Path("a.jpg"),) * 4, (UNLABELED,) * 4)
    data = TrainingData(LABELS, pictures, pictures, "test")
    with pytest.raises(RecipeError, match=r"x/y: sampling balanced needs to know what"):
        fine_tune_classifier(data, tmp_path, first=small, recipe=Recipe(sampling="balanced"))
