"""Epochs behind the first show what they would have shown, and decode nothing for it."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset

from mobilenetv2.datasets import read_mask
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.spec import Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks import image
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier
from mobilenetv2.train import kept as keeping
from mobilenetv2.train import view as views
from mobilenetv2.train.batches import TaskBatch, prepared_batches, training_batches
from mobilenetv2.train.classify.batches import PreparedPictures, TrainingPictures, collate
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.detect.batches import Matcher, PreparedBoxes, TrainingBoxes, collate_boxes
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.order import Order
from mobilenetv2.train.room import Room
from mobilenetv2.train.segment.batches import PreparedMasks, TrainingMasks, collate_masks
from mobilenetv2.train.segment.kept_masks import DEPTHS, TO_JUDGE_BY
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.shelf import Shelf
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.segment.drawn_shapes import read
from tests.train.test_shards import packed

EPOCHS = 3
STEPS = 4
"""An epoch's."""


@dataclass(frozen=True)
class Shown:
    """A task's training pictures."""

    on: Callable[[Shelf | None], Dataset[Any]]
    judged: Callable[[Shelf | None], Dataset[Any]]
    """The same pictures to judge by."""
    count: int
    collate: Callable[[Sequence[Any]], Any]

    def batches(self, shelf: Shelf | None, workers: int, epochs: int = EPOCHS) -> list[TaskBatch]:
        order = Order(self.count, self.count // STEPS, seed=5)
        batches = training_batches(self.on(shelf), order, 0, workers, self.collate)
        return list(islice(batches, epochs * order.steps_per_epoch))

    def evaluated(self, shelf: Shelf | None, workers: int = 0) -> list[TaskBatch]:
        pictures = self.judged(shelf)
        return list(prepared_batches(pictures, self.count, 8, workers, self.collate, "x"))

    def shelf(self, size: int = 2**26, depths: Sequence[int] = DEPTHS) -> Shelf:
        return Shelf(self.count, depths, Room(size, lambda: 2**40, 0))


def classes(folder: Path) -> Shown:
    data = read_training_data(folder, None).training
    given = (data, Preprocessing(size=(48, 48)), Augmentation(), 3)
    return Shown(
        lambda shelf: TrainingPictures(*given, shelf),
        lambda shelf: PreparedPictures(data, given[1], shelf),
        len(data.paths), collate,
    )  # fmt: skip


def boxes(folder: Path) -> Shown:
    data = read_boxes(folder, None).pictures
    spec = Spec(size=(96, 96), head=SSDLite(len(data.labels), anchors=tensorflow_anchors(6)))
    matcher = Matcher(Preprocessing(size=(96, 96)), spec.head, anchor_boxes(spec), 0.5)
    return Shown(
        lambda shelf: TrainingBoxes(data, matcher, DetectionRecipe(), shelf),
        lambda shelf: PreparedBoxes(data, matcher, shelf),
        len(data.pictures), collate_boxes,
    )  # fmt: skip


def masks(folder: Path) -> Shown:
    data = read(folder)
    deployed = Preprocessing(size=(49, 65), fit="squash")
    return Shown(
        lambda shelf: TrainingMasks(
            data.training, data.meaning, SegmentationRecipe(), size=(49, 65), deployed=deployed,
            shelf=shelf,
        ),
        lambda shelf: PreparedMasks(data.training, data.meaning, deployed, shelf),
        len(data.training.pictures), collate_masks,
    )  # fmt: skip


@pytest.fixture(params=[classes, boxes, masks])
def shown(
    request: pytest.FixtureRequest, pictures: Path, boxed_squares: Path, drawn: Path
) -> Shown:
    folder = {classes: pictures, boxes: boxed_squares, masks: drawn}[request.param]
    found: Shown = request.param(folder)
    return found


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many pictures and masks were opened by now, by all processes."""
    count = get_context("fork").Value("i", 0)

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def does(*given: object, **named: object) -> object:
            with count.get_lock():
                count.value += 1
            return work(*given, **named)

        return does

    monkeypatch.setattr(views, "begun", counted(views.begun))
    monkeypatch.setattr(image, "opened", counted(image.opened))
    monkeypatch.setattr(read_mask, "mask_pixels", counted(read_mask.mask_pixels))
    return lambda: count.value


def values(batch: TaskBatch) -> list[object]:
    return [getattr(batch, field.name) for field in fields(batch)]  # type: ignore[arg-type]


def assert_equal(ours: Sequence[TaskBatch], theirs: Sequence[TaskBatch]) -> None:
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        for left, right in zip(values(one), values(other), strict=True):
            if isinstance(left, torch.Tensor):
                assert torch.equal(left, right)
            elif isinstance(left, tuple) and left and isinstance(left[0], torch.Tensor):
                assert all(map(torch.equal, left, right))
            else:
                assert left == right


@pytest.mark.parametrize("workers", [0, 2])
def test_every_epoch_shows_the_same_bits(shown: Shown, workers: int) -> None:
    assert_equal(shown.batches(shown.shelf(), workers), shown.batches(None, 0))


def test_what_one_process_has_decoded_no_other_does_again(
    shown: Shown, decodes: Callable[[], int]
) -> None:
    """In a second run over the same epochs, whichever of two processes gets a picture."""
    shelf = shown.shelf()
    shown.batches(shelf, 2)
    first = decodes()
    assert first > 0
    shown.batches(shelf, 2)
    assert decodes() == first


def test_the_second_epoch_opens_no_file(pictures: Path, decodes: Callable[[], int]) -> None:
    """At this size libjpeg is asked for one scale alone."""
    shown = classes(pictures)
    shelf = shown.shelf()
    shown.batches(shelf, 2, epochs=1)
    assert decodes() == shown.count
    shown.batches(shelf, 2, epochs=EPOCHS)
    assert decodes() == shown.count


def test_a_room_for_some_serves_these(shown: Shown, decodes: Callable[[], int]) -> None:
    plain = shown.batches(None, 0)
    without, shelf = decodes(), shown.shelf(60_000)
    assert_equal(shown.batches(shelf, 0), plain)
    assert shelf.full
    assert decodes() - without < without


def test_a_room_for_none_changes_nothing(shown: Shown, decodes: Callable[[], int]) -> None:
    plain = shown.batches(None, 0)
    without = decodes()
    assert_equal(shown.batches(shown.shelf(64), 0), plain)
    assert decodes() - without == without


def test_a_lock_that_a_dead_process_holds_changes_nothing(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobilenetv2.train.room.LONGEST_SECONDS", 0.1)
    room = Room(2**20, lambda: 2**40, 0)
    shelf = Shelf(shown.count, DEPTHS, room)
    room._lock.acquire()  # and nobody is left to release it
    assert_equal(shown.batches(shelf, 2), shown.batches(None, 0))


def test_pictures_to_judge_by_are_prepared_once(shown: Shown, decodes: Callable[[], int]) -> None:
    """By whichever process, in evaluations that each start their own."""
    shelf, plain = shown.shelf(depths=TO_JUDGE_BY), shown.evaluated(None)
    assert_equal(shown.evaluated(shelf, 2), plain)
    before = decodes()
    for workers in (2, 0):
        assert_equal(shown.evaluated(shelf, workers), plain)
    assert decodes() == before


def test_pictures_to_judge_by_without_room(shown: Shown) -> None:
    shelf, plain = shown.shelf(20_000, TO_JUDGE_BY), shown.evaluated(None)
    for _ in range(2):
        assert_equal(shown.evaluated(shelf), plain)
    assert shelf.full


def test_what_is_shown_may_be_written_to(shown: Shown) -> None:
    """In a run without other processes that is the batch of the run itself."""
    shelf, judging = shown.shelf(), shown.shelf(depths=TO_JUDGE_BY)
    for _ in range(2):
        batches = [*shown.batches(shelf, 0), *shown.evaluated(judging)]
        for batch in batches:
            for tensor in (batch.images, *getattr(batch, "masks", ())):
                tensor.zero_()
    assert_equal(shown.batches(shelf, 0), shown.batches(None, 0))
    assert_equal(shown.evaluated(judging), shown.evaluated(None))


def test_shards(pictures: Path, tmp_path: Path, decodes: Callable[[], int]) -> None:
    folder = shutil.copytree(pictures, tmp_path / "tiny")
    plain, packs = classes(folder), classes(packed(folder))
    shelf = packs.shelf()
    assert_equal(packs.batches(shelf, 2), plain.batches(None, 0))
    before = decodes()
    packs.batches(shelf, 2)
    assert decodes() == before


def test_what_cannot_be_read_is_told_in_every_epoch(drawn: Path, tmp_path: Path) -> None:
    """In the same words: a broken picture, a broken mask, and one of another size."""
    folder = shutil.copytree(drawn, tmp_path / "shapes")
    named = sorted((folder / "train" / "masks").iterdir())
    shown = masks(folder)
    (folder / "train" / "images" / named[0].name).write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    named[1].write_bytes(b"nothing")
    Image.new("L", (30, 20)).save(named[2])
    Image.fromarray(np.full((48, 64), 77, np.uint8)).save(named[3])
    with_shelf, plain = shown.batches(shown.shelf(), 2), shown.batches(None, 0)
    assert_equal(with_shelf, plain)
    told = [message for batch in with_shelf for message in batch.unreadable]
    assert len(told) == EPOCHS * len(set(told)) == EPOCHS * 4


def test_a_run_learns_the_same(
    pictures: Path, small: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    decodes: Callable[[], int],
) -> None:  # fmt: skip
    weights, opened = [], []
    recipe = Recipe(
        epochs=4, batch_size=10, warmup_epochs=0, fit="squash", evaluate_every=4, freeze="backbone"
    )
    for name, free in {"kept": 2**30, "anew": None}.items():
        monkeypatch.setattr(keeping, "free_memory", lambda free=free: free)
        before = decodes()
        fine_tune_classifier(
            pictures, tmp_path / name, first=small, validation=pictures, recipe=recipe,
            device="cpu", workers=1, reporter=Silent(),
        )  # fmt: skip
        opened.append(decodes() - before)
        weights.append(store.load(tmp_path / name / "model.safetensors").weights)
    assert all((weights[0][key] == value).all() for key, value in weights[1].items())
    assert opened[0] < opened[1] / 2
