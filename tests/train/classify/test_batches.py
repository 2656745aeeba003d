"""Which pictures a step sees is a function of seed and step; workers change nothing."""

from itertools import islice
from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.train.batches import prepared_batches, training_batches
from mobilenetv2.train.classify.batches import Batch, PreparedPictures, TrainingPictures, collate
from mobilenetv2.train.classify.data import read_classes
from mobilenetv2.train.classify.recipe import Augmentation
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.order import Order

SQUARE = Preprocessing(size=(48, 48))


@given(pictures=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 9))
def test_an_epoch_sees_every_picture_at_most_once(pictures: int, size: int, seed: int) -> None:
    order = Order(pictures, size, seed)
    seen = [place for step in range(order.steps_per_epoch) for place in order.places(step)]
    assert len(set(seen)) == len(seen)
    assert len(seen) == (pictures // size * size or pictures)
    assert {epoch for epoch, _ in seen} == {0}
    assert {epoch for epoch, _ in order.places(order.steps_per_epoch)} == {1}


def test_epochs_and_seeds_differ() -> None:
    def first(seed: int, epoch: int) -> list[int]:
        return [index for _, index in Order(50, 50, seed).places(epoch)]

    assert first(0, 0) == first(0, 0)
    assert first(0, 0) != first(0, 1)
    assert first(0, 0) != first(1, 0)


def batches(folder: Path, first_step: int, workers: int, count: int) -> list[Batch]:
    data, _ = read_classes(folder)
    pictures = TrainingPictures(data, SQUARE, Augmentation(), seed=3)
    order = Order(len(data.paths), 6, seed=3)
    return list(islice(training_batches(pictures, order, first_step, workers, collate), count))


def assert_equal(one: list[Batch], other: list[Batch]) -> None:
    assert len(one) == len(other) > 0
    for ours, theirs in zip(one, other, strict=True):
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.targets, theirs.targets)


def test_beginning_later_gives_the_same_batches(pictures: Path) -> None:
    assert_equal(batches(pictures, 0, 0, 5)[2:], batches(pictures, 2, 0, 3))


def test_workers_change_nothing(pictures: Path) -> None:
    assert_equal(batches(pictures, 1, 0, 3), batches(pictures, 1, 2, 3))


def test_evaluation_sees_what_predict_sees(pictures: Path) -> None:
    data, _ = read_classes(pictures)
    compute = choose_compute("cpu", "float32", SQUARE.size)
    found = list(prepared_batches(PreparedPictures(data, SQUARE), 20, 8, 0, collate, "x"))
    assert [len(batch.targets) for batch in found] == [8, 8, 4]
    images = torch.cat([compute.normalize(batch.images, SQUARE) for batch in found])
    for path, image in zip(data.paths, images, strict=True):
        expected = prepare(decode(path), SQUARE)
        np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), expected, atol=1e-6)


def test_unreadable_pictures_are_set_aside() -> None:
    image = torch.zeros(3, 4, 4, dtype=torch.uint8)
    batch = collate([(image, 1), "broken.jpg cannot be decoded", (image, 0)])
    assert batch.images.shape == (2, 3, 4, 4)
    assert batch.targets.tolist() == [1, 0]
    assert batch.unreadable == ("broken.jpg cannot be decoded",)
    assert len(collate(["gone"]).targets) == 0
