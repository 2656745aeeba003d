"""From pictures with masks to a checkpoint that knows shapes from ground."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.datasets.mask_report import MaskReport, report_masks
from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.errors import DatasetError, TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import prepare
from mobilenetv2.tasks.segment import segment_arrays
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.reporter import Silent
from mobilenetv2.train.segment.data import SegmentationData, read_segmentation_data
from mobilenetv2.train.segment.finetune import fine_tune_segmenter
from mobilenetv2.train.segment.recipe import (
    MaskAugmentation,
    SegmentationRecipe,
    segmentation_recipe_from_json,
)
from mobilenetv2.train.segment.subject import describe_segmenter, head_for
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from mobilenetv2.weights.fold import fold_checkpoint
from tests.train.segment.drawn_shapes import draw, read

QUICK = SegmentationRecipe(
    epochs=1, batch_size=4, size=(49, 65), warmup_epochs=0, evaluate_every=1,
    augmentation=MaskAugmentation(scale=(0.8, 1.5), color_jitter=0.1),
)  # fmt: skip
LEARN = replace(
    QUICK, epochs=16, batch_size=4, learning_rate=1e-2, backbone_rate=1.0, weight_decay=0.0,
    dropout=0.0, ema_decay=0.0, evaluate_every=16, batch_norm="batch", output_stride=8,
    augmentation=MaskAugmentation(scale=(1, 1), color_jitter=0),
)  # fmt: skip


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def reports(data: SegmentationData) -> tuple[MaskReport, MaskReport]:
    return report_masks(data.training, data.meaning), report_masks(data.validation, data.meaning)


@pytest.fixture(scope="module")
def tiny() -> Checkpoint:
    """A folded classifier of width 0.1 with random weights."""
    spec = Spec(width=0.1, head=Classifier(4), size=(64, 64), batch_norm_epsilon=None)
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), seed=5),
        preprocessing=Preprocessing(size=spec.size),
        labels=("a", "b", "c", "d"),
        provenance=Provenance("random weights"),
        license="CC0-1.0",
    )


def train(
    drawn: Path,
    out: Path,
    first: Checkpoint,
    recipe: SegmentationRecipe = QUICK,
    reporter: Silent | None = None,
    few: slice = slice(None),
) -> Checkpoint:
    data = read(drawn)
    training, validation = reports(data)
    usable = replace(training.usable, pictures=training.usable.pictures[few])
    return fine_tune_segmenter(
        replace(training, usable=usable), validation, out,
        meaning=data.meaning, first=first, recipe=recipe, workers=0, device="cpu",
        reporter=reporter, license="CC0-1.0 (drawn)",
    )  # fmt: skip


@pytest.fixture(scope="module")
def learnt(drawn: Path, tiny: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("learnt")
    train(drawn, out, tiny, LEARN)
    return out


def test_shapes_are_learnt_and_the_checkpoint_says_so(learnt: Path) -> None:
    checkpoint = store.load(learnt / "model.safetensors")
    metrics = {metric.name: metric for metric in checkpoint.metrics}
    # Ground alone would reach less than a third.
    assert metrics["mean_iou"].value > 0.65
    assert metrics["pixel_accuracy"].value > 0.85
    measured = metrics["mean_iou"]
    assert (measured.dataset, measured.split, measured.count) == ("shapes", "val", 4)
    assert checkpoint.labels == ("ground", "disk", "bar")
    assert checkpoint.spec.folded
    assert checkpoint.spec.head == DeepLab(3)
    assert checkpoint.preprocessing.fit == "pad"
    assert checkpoint.license == "CC0-1.0; pictures: CC0-1.0 (drawn)"
    assert "16 pictures, 3 classes, 16 epochs at 49x65" in checkpoint.provenance.history[-1]
    assert segmentation_recipe_from_json(checkpoint.recipe) == LEARN


def test_predicting_with_the_file_gives_the_stored_figures(learnt: Path, drawn: Path) -> None:
    """The numpy reference on the folded weights, pixel by pixel, against training's evaluation."""
    checkpoint = store.load(learnt / "model.safetensors")
    data = read(drawn)
    runner = reference_runner(build(checkpoint.spec), checkpoint.weights)
    right = judged = 0
    for picture in data.validation.pictures:
        pixels, ids = data.meaning.read(picture)
        logits = runner(prepare(pixels, checkpoint.preprocessing)[None])["logits"][0]
        found = segment_arrays(logits, size=ids.shape, preprocessing=checkpoint.preprocessing)
        right += int((found == ids).sum())
        judged += int((ids != 255).sum())
    stored = {metric.name: metric.value for metric in checkpoint.metrics}
    assert right / judged == pytest.approx(stored["pixel_accuracy"], abs=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"batch_norm": "folded"},
        {"batch_norm": "frozen", "class_weights": "median_frequency"},
        {"batch_norm": "batch", "batch_size": 1, "class_weights": "inverse_log"},
        {"aspp": "published", "deploy_output_stride": 8, "label_smoothing": 0.1},
        {"output_stride": 32, "optimizer": "sgd", "learning_rate": 0.01},
        {"size": (33, 47), "deploy_size": (50, 61)},
        {"size": None},
    ],
    ids=str,
)
def test_every_way_to_learn_runs(
    drawn: Path, tiny: Checkpoint, tmp_path: Path, change: dict[str, object]
) -> None:
    result = train(drawn, tmp_path, tiny, replace(QUICK, **change), few=slice(0, 4))
    images = np.zeros((1, *result.spec.size, 3), np.float32)
    logits = reference_runner(build(result.spec), result.weights)(images)["logits"]
    assert np.isfinite(logits).all()
    if change.get("deploy_output_stride"):
        assert isinstance(result.spec.head, DeepLab)
        assert (result.spec.output_stride, result.spec.head.aspp_rates) == (8, (12, 24, 36))


def test_one_picture_is_enough(drawn: Path, tiny: Checkpoint, tmp_path: Path) -> None:
    train(drawn, tmp_path, tiny, few=slice(0, 1))


def test_interrupted_and_gone_on_with_gives_the_same_bits(
    drawn: Path, tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(QUICK, epochs=2, batch_norm="batch")
    whole = train(drawn, tmp_path / "whole", tiny, recipe)
    monkeypatch.setattr("mobilenetv2.train.loop.SAVE_EVERY_SECONDS", 0.0)
    step = Loop._step
    calls = iter(range(99))

    def dies(*arguments: object) -> float:
        if next(calls) == 5:
            raise RuntimeError("power cut")
        return step(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(Loop, "_step", dies)
        with pytest.raises(RuntimeError, match="power cut"):
            train(drawn, tmp_path / "cut", tiny, recipe)
    heard = Heard()
    resumed = train(drawn, tmp_path / "cut", tiny, recipe, heard)
    assert any("going on at step 5 of 8" in text for text in heard.said)
    assert resumed.metrics == whole.metrics
    for name, array in whole.weights.items():
        assert np.array_equal(resumed.weights[name], array), name


def test_another_run_in_the_folder_is_refused(learnt: Path, drawn: Path, tiny: Checkpoint) -> None:
    with pytest.raises(TrainingError, match="class_weights: was none, now inverse_log"):
        train(drawn, learnt, tiny, replace(LEARN, class_weights="inverse_log"))


def test_the_same_classes_keep_their_logits_and_others_the_rest(
    learnt: Path, drawn: Path, tmp_path: Path
) -> None:
    first = store.load(learnt / "model.safetensors")
    still = replace(QUICK, batch_norm="folded", learning_rate=1e-9, ema_decay=0)
    same = train(drawn, tmp_path / "same", first, still)
    for name, array in first.weights.items():
        assert np.allclose(same.weights[name], array, atol=1e-6), name
    renamed = replace(first, labels=("ground", "disk", "pole"))
    other = train(drawn, tmp_path / "other", renamed, still)
    for name, array in first.weights.items():
        assert np.allclose(other.weights[name], array, atol=1e-6) != name.startswith("logits.")


def test_bringing_batch_norm_back_keeps_the_function(learnt: Path, drawn: Path) -> None:
    from mobilenetv2.train.compute import choose_compute
    from mobilenetv2.train.segment.finetune import first_segmenter_weights
    from mobilenetv2.train.segment.task import SegmentationTask
    from mobilenetv2.train.task import Lesson

    first = store.load(learnt / "model.safetensors")
    data = read(drawn)
    recipe = replace(QUICK, batch_norm="frozen", output_stride=8)
    subject = describe_segmenter(first, recipe, data.training, first.labels, "")
    task = SegmentationTask(
        Lesson(subject, recipe, choose_compute("cpu", "float32", (49, 65)), 0, frozenset()),
        training=data.training, validation=data.validation, meaning=data.meaning, weights=None,
    )  # fmt: skip
    unfolded = replace(
        first, spec=subject.training_spec, weights=first_segmenter_weights(first, task, Silent())
    )
    images = np.random.default_rng(0).normal(0, 1, (1, 49, 65, 3)).astype(np.float32)
    before, after = (
        reference_runner(build(one.spec), one.weights)(images)["logits"]
        for one in (first, fold_checkpoint(unfolded))
    )
    assert np.allclose(before, after, atol=1e-3 * np.abs(before).max())


def test_an_unreadable_picture_and_an_all_void_mask_do_no_harm(
    drawn: Path, tiny: Checkpoint, tmp_path: Path
) -> None:
    for index in range(4):
        draw(tmp_path / "train", index)
    Image.new("L", (64, 48), 9).save(tmp_path / "train" / "masks" / "0.png")
    broken = tmp_path / "train" / "images" / "1.png"
    broken.write_bytes(broken.read_bytes()[:2000])
    data = read_segmentation_data(
        tmp_path / "train", validation=drawn / "val", labels=drawn / "labels.txt", ignore={9}
    )
    heard = Heard()
    result = fine_tune_segmenter(
        *reports(data), tmp_path / "out", meaning=data.meaning, first=tiny,
        recipe=replace(QUICK, batch_size=1), workers=0, device="cpu", reporter=heard,
    )  # fmt: skip
    assert all(np.isfinite(array).all() for array in result.weights.values())
    assert any("1 pictures could not be used" in text and "1.png" in text for text in heard.said)


def test_undeclared_ids_and_void_alone_are_errors_before_the_first_step(
    drawn: Path, tiny: Checkpoint, tmp_path: Path
) -> None:
    undeclared = read_segmentation_data(
        drawn / "train", validation=drawn / "val", labels=drawn / "labels.txt"
    )
    with pytest.raises(DatasetError, match=r"16 masks hold ids .* got 9"):
        fine_tune_segmenter(
            *reports(undeclared), tmp_path / "out", meaning=undeclared.meaning, first=tiny
        )
    data = read_segmentation_data(
        drawn / "train", validation=drawn / "val", labels=drawn / "labels.txt", ignore={0, 1, 2, 9}
    )
    with pytest.raises(DatasetError, match="at least one pixel of a class to learn from"):
        fine_tune_segmenter(*reports(data), tmp_path / "out", meaning=data.meaning, first=tiny)
    assert not (tmp_path / "out").exists()


def test_rates_follow_the_output_stride() -> None:
    recipe = replace(QUICK, aspp="published")
    assert head_for(Spec(), recipe, 5, 16).aspp_rates == (6, 12, 18)
    assert head_for(Spec(), recipe, 5, 8).aspp_rates == (12, 24, 36)
    own = Spec(head=DeepLab(21, (4, 8), channels=64), output_stride=16)
    kept = head_for(own, QUICK, 5, 8)
    assert (kept.aspp_rates, kept.channels, kept.classes) == ((8, 16), 64, 5)
    assert head_for(own, replace(QUICK, aspp="none"), 5, 8).aspp_rates == ()


def test_the_recipe_is_in_the_folder(learnt: Path) -> None:
    assert json.loads((learnt / "recipe.json").read_text())["kind"] == "SegmentationRecipe"
    assert torch.load(learnt / "state.pt", weights_only=True)["step"] == 16 * 4
