"""Detectors learn: on a few real pictures, a small network, in seconds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.errors import CheckpointError, DatasetError, RecipeError, TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, MobileNetV2, SSDLite
from mobilenetv2.tasks.boxes import flatten_outputs
from mobilenetv2.train.detect.finetune import fine_tune_detector
from mobilenetv2.train.detect.recipe import (
    BoxAugmentation,
    DetectionRecipe,
    default_detection_recipe,
    detection_recipe_from_json,
)
from mobilenetv2.train.detect.subject import describe_detector
from mobilenetv2.train.loop import Loop
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

QUICK = DetectionRecipe(
    epochs=1,
    batch_size=4,
    size=(96, 96),
    warmup_epochs=0,
    evaluate_every=1,
    batch_norm="batch",
    augmentation=BoxAugmentation(zoom_out=0, iou_crop=0.3),
)


@pytest.fixture(scope="session")
def cells(shared: Path) -> BoxedPictures:
    """Eight pictures of blood."""
    data = read_boxes(shared / "data" / "bccd", "train").pictures
    return replace(data, pictures=data.pictures[:8])


def run(
    data: BoxedPictures, first: Checkpoint, out: Path, recipe: DetectionRecipe = QUICK
) -> Checkpoint:
    return fine_tune_detector(data, data, out, first=first, recipe=recipe, workers=0)


def test_a_checkpoint_that_says_what_it_learnt(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path
) -> None:
    result = run(cells, small, tmp_path)
    assert result.labels == ("Platelets", "RBC", "WBC")
    assert isinstance(result.spec.head, SSDLite)
    assert result.spec.size == result.preprocessing.size == (96, 96)
    assert result.preprocessing.fit == "squash"
    assert "8 pictures" in result.provenance.history[-1]
    assert [metric.name for metric in result.metrics] == ["ap", "ap50", "ap75"]
    assert {(metric.dataset, metric.split, metric.count) for metric in result.metrics} == {
        ("bccd", "train", 8)
    }
    kept = store.load(tmp_path / "model.safetensors")
    assert detection_recipe_from_json(kept.recipe) == QUICK


def test_the_loss_falls(cells: BoxedPictures, small: Checkpoint, tmp_path: Path) -> None:
    recipe = replace(QUICK, epochs=6, learning_rate=4e-3, evaluate_every=6, ema_decay=0)
    run(cells, small, tmp_path, recipe)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    names = rows[0].split(",")
    losses = [float(row.split(",")[names.index("train_class_loss")]) for row in rows[1:]]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "focal"},
        {"batch_norm": "frozen"},
        {"batch_norm": "folded"},
        {"batch_size": 1, "epochs": 1},
    ],
)
def test_every_way_to_learn_runs(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path, change: dict[str, object]
) -> None:
    few = replace(cells, pictures=cells.pictures[:2])
    result = run(few, small, tmp_path, replace(QUICK, **change))
    images = np.zeros((1, 96, 96, 3), np.float32)
    outputs = reference_runner(build(result.spec), result.weights)(images)
    head = result.spec.head
    assert isinstance(head, SSDLite)
    offsets, logits = flatten_outputs(outputs, head)
    assert np.isfinite(offsets).all()
    assert np.isfinite(logits).all()
    assert head.scores == ("sigmoid" if change.get("loss") == "focal" else "softmax")


def test_one_picture_and_pictures_without_boxes_are_enough(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path
) -> None:
    bare = replace(
        cells.pictures[1],
        boxes=np.empty((0, 4), np.float32),
        classes=np.empty(0, np.int64),
        ignored=np.empty(0, bool),
        areas=np.empty(0),
    )
    run(replace(cells, pictures=cells.pictures[:1]), small, tmp_path / "one")
    run(replace(cells, pictures=(cells.pictures[0], bare)), small, tmp_path / "bare")


def test_an_unreadable_picture_is_left_out_and_told(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(cells.pictures[0].path.read_bytes()[:500])
    pictures = (replace(cells.pictures[0], path=broken), *cells.pictures[1:])
    said: list[str] = []

    class Listener:
        def say(self, text: str) -> None:
            said.append(text)

        def step(self, step: int, total: int, loss: float) -> None: ...

        def epoch(self, row: object) -> None: ...

    data = replace(cells, pictures=pictures)
    fine_tune_detector(
        data, data, tmp_path / "out", first=small, recipe=QUICK, workers=0, reporter=Listener()
    )
    assert any("1 pictures could not be used" in text and "broken.jpg" in text for text in said)


def test_a_stopped_run_goes_on_with_the_same_bits(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(QUICK, epochs=2)
    whole = run(cells, small, tmp_path / "whole", recipe)
    ended = Loop._end_epoch

    def end_and_die(self: Loop[object], *state: object) -> None:
        ended(self, *state)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "_end_epoch", end_and_die)
    with pytest.raises(KeyboardInterrupt):
        run(cells, small, tmp_path / "parts", recipe)
    monkeypatch.undo()
    again = run(cells, small, tmp_path / "parts", recipe)
    for name, weight in whole.weights.items():
        np.testing.assert_array_equal(weight, again.weights[name], err_msg=name)
    with pytest.raises(TrainingError, match="learning_rate"):
        run(cells, small, tmp_path / "parts", replace(recipe, learning_rate=0.01))


def test_a_detector_of_the_same_classes_keeps_its_predictors(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path
) -> None:
    detector = run(cells, small, tmp_path / "first")
    tiny = replace(QUICK, learning_rate=1e-9, weight_decay=0.0, batch_norm="folded", ema_decay=0.0)
    again = run(cells, detector, tmp_path / "again", tiny)
    for name, weight in detector.weights.items():
        np.testing.assert_allclose(again.weights[name], weight, atol=1e-5, err_msg=name)


def test_what_cannot_be_learnt_from_is_refused_before_the_first_step(
    cells: BoxedPictures, small: Checkpoint, tmp_path: Path
) -> None:
    nothing = replace(cells, pictures=tuple(map(_without_boxes, cells.pictures)))
    with pytest.raises(DatasetError, match="at least one box to train on"):
        run(nothing, small, tmp_path)
    with pytest.raises(DatasetError, match="same labels"):
        fine_tune_detector(
            cells, replace(cells, labels=("a", "b", "c")), tmp_path, first=small, recipe=QUICK
        )
    with pytest.raises(RecipeError, match="whole pictures"):
        run(cells, small, tmp_path, replace(QUICK, fit="crop"))
    assert not list(tmp_path.glob("*.pt"))


def test_another_backbone_is_refused(cells: BoxedPictures, small: Checkpoint) -> None:
    from mobilenetv2.train.transplant import fresh_parameters

    subject = describe_detector(small, QUICK, cells, SSD(), "")
    assert isinstance(subject.spec.head, SSD)
    other = replace(subject.spec, backbone=MobileNetV2(stem_channels=16))
    with pytest.raises(CheckpointError, match="same backbone"):
        fresh_parameters(small, other, cells.labels)


def test_defaults_follow_the_data_and_the_batch() -> None:
    few, many = default_detection_recipe(100), default_detection_recipe(100_000)
    assert (few.epochs, many.epochs) == (150, 12)
    assert default_detection_recipe(1).batch_size == 1
    assert default_detection_recipe(100_000, 64).learning_rate == 2 * many.learning_rate


def _without_boxes(picture: BoxedPicture) -> BoxedPicture:
    return replace(
        picture,
        boxes=np.empty((0, 4), np.float32),
        classes=np.empty(0, np.int64),
        ignored=np.empty(0, bool),
        areas=np.empty(0),
    )
