"""Runs that end in integers: what comes out is what was trained, to the bit, in every task."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.cli import main
from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.mask_report import report_masks
from mobilenetv2.errors import RecipeError, TrainingError
from mobilenetv2.evaluate import evaluate_classifier, evaluate_detector, evaluate_segmenter
from mobilenetv2.model import Model
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.spec import Classifier, MobileNetV2, Spec, SSDLite
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier
from mobilenetv2.train.detect.finetune import fine_tune_detector
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.segment.finetune import fine_tune_segmenter
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.state import load_state
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.quantized import Quantization
from mobilenetv2.weights.temperature import divide_logits
from mobilenetv2.weights.to_float import to_float
from tests.calibration.networks import floats, pictures
from tests.quantized import random_quantized
from tests.train.drawn_classes import CLASSES, draw_boxes, draw_classes
from tests.train.segment.drawn_shapes import read

NARROW = MobileNetV2(last_channels=32)
SPEC = Spec(NARROW, Classifier(2), width=0.1, size=(48, 48))
RECIPE = Recipe(
    epochs=3, quantize_epochs=2, batch_size=4, warmup_epochs=0, linear_probe=False,
    learning_rate=1e-3, augmentation=Augmentation(color_jitter=0), batch_norm="batch",
)  # fmt: skip
STILL = replace(RECIPE, epochs=1, quantize_epochs=1, learning_rate=1e-12, ema_decay=0)


@pytest.fixture(scope="module")
def first() -> Checkpoint:
    return replace(floats(SPEC), labels=CLASSES)


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_classes(tmp_path_factory.mktemp("squares"), 4)


@pytest.fixture(scope="module")
def boxed(tmp_path_factory: pytest.TempPathFactory) -> BoxedPictures:
    return draw_boxes(tmp_path_factory.mktemp("boxed"), 8)


def classify(
    data: Path, out: Path, first: Checkpoint, recipe: Recipe = RECIPE, reporter: Any = None
) -> Checkpoint:
    return fine_tune_classifier(
        data, out, first=first, validation=data, recipe=recipe, device="cpu", workers=0,
        reporter=reporter,
    )  # fmt: skip


def assert_same_integers(one: Quantization | None, other: Quantization | None) -> None:
    assert one is not None
    assert other is not None
    assert one.activations.keys() == other.activations.keys()
    for name, affine in other.activations.items():
        near = 1e-6 if name == "logits" else 0.0
        assert one.activations[name].scale == pytest.approx(affine.scale, rel=near, abs=0)
        assert one.activations[name].zero_point == affine.zero_point
    for name, conv in other.convs.items():
        for part in ("weight", "scale", "zero_point", "bias"):
            ours, theirs = getattr(one.convs[name], part), getattr(conv, part)
            near = 1e-6 if part == "scale" and name == "logits" else 0.0
            np.testing.assert_allclose(ours, theirs, rtol=near, err_msg=f"{name}.{part}")


def as_tempered(start: Checkpoint, made: Checkpoint) -> Checkpoint:
    """`start` with the temperature that the run which made `made` fitted at its end."""
    (told,) = re.findall(r"a temperature of ([0-9.]+), fitted", made.provenance.history[-1])
    before, after = (one.quantization.activations["logits"].scale for one in (start, made))
    assert before / after == pytest.approx(float(told), rel=1e-4)
    return divide_logits(start, before / after)


def metrics_of(checkpoint: Checkpoint) -> dict[str, float]:
    return {metric.name: metric.value for metric in checkpoint.metrics}


def test_a_classifier_is_evaluated_as_the_engine_computes_it(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    classify(squares, tmp_path, first)
    for name in ("model", "best"):
        made = store.load(tmp_path / f"{name}.safetensors")
        assert made.quantization is not None
        deed, tempered = made.provenance.history[-2:]
        assert deed == "trained in integers of 8 bits, as the engine rounds"
        assert tempered.startswith("logits divided by a temperature of")
        found = evaluate_classifier(Model(made), read_labeled(squares, made.labels), lambda: None)
        assert metrics_of(made)["top1"] == found.top1.value
        assert metrics_of(made)["mean_class_accuracy"] == pytest.approx(found.mean_class_accuracy)
    last = store.load(tmp_path / "model.safetensors")
    assert {"float_top1", "float_top5"} <= metrics_of(last).keys()
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert "val_float_top1" in rows[0]
    assert len(rows) == 1 + 3


def test_a_detector(boxed: BoxedPictures, first: Checkpoint, tmp_path: Path) -> None:
    recipe = DetectionRecipe(
        epochs=2, quantize_epochs=1, batch_size=4, size=(64, 64), warmup_epochs=0, evaluate_every=1
    )
    head = SSDLite(2, (32, 32), (3,) * 4, tensorflow_anchors(4))
    made = fine_tune_detector(
        boxed, boxed, tmp_path, first=first, head=head, recipe=recipe, workers=0
    )
    assert made.quantization is not None
    found = evaluate_detector(Model(made), boxed, lambda: None)
    assert metrics_of(made)["ap"] == pytest.approx(found.coco.ap, abs=1e-6)
    assert metrics_of(made)["ap50"] == pytest.approx(found.coco.ap50, abs=1e-6)


@pytest.mark.parametrize("change", [{}, {"deploy_size": (64, 80)}], ids=str)
def test_a_segmenter(
    drawn: Path, first: Checkpoint, tmp_path: Path, change: dict[str, Any]
) -> None:
    data = read(drawn)
    recipe = SegmentationRecipe(
        epochs=2, quantize_epochs=1, batch_size=8, size=(49, 65), warmup_epochs=0,
        batch_norm="batch", **change,
    )  # fmt: skip
    made = fine_tune_segmenter(
        report_masks(data.training, data.meaning), report_masks(data.validation, data.meaning),
        tmp_path, meaning=data.meaning, first=first, recipe=recipe, workers=0,
    )  # fmt: skip
    assert made.quantization is not None
    found = evaluate_segmenter(Model(made), data.validation, data.meaning, lambda: None)
    assert metrics_of(made)["mean_iou"] == pytest.approx(found.agreement.mean_iou, abs=1e-9)


def test_integers_go_on_as_they_are(squares: Path, first: Checkpoint, tmp_path: Path) -> None:
    """Pixels too: the file's own mean, not the one of floats. A step too small changes nothing."""
    start = calibrate(first, pictures(SPEC, 4), lambda: None, Stages()).integers
    made = classify(squares, tmp_path, start, replace(STILL, epochs=2))
    expected = as_tempered(start, made)
    assert_same_integers(made.quantization, expected.quantization)
    assert made.preprocessing == start.preprocessing
    logits = [
        [Model(one).outputs(Model(one).prepare(path))["logits"] for path in squares.rglob("*.png")]
        for one in (made, expected)
    ]
    np.testing.assert_allclose(*logits, rtol=1e-6)


def test_uint8_weights_become_symmetric_and_stay_near(squares: Path, tmp_path: Path) -> None:
    spec = replace(SPEC, batch_norm_epsilon=None)
    start = replace(random_quantized(spec, dtype=np.uint8), labels=CLASSES)
    assert start.quantization is not None
    assert start.quantization.convs["stem"].zero_point.any()
    made = classify(squares, tmp_path, start, STILL)
    assert made.quantization is not None
    start = as_tempered(start, made)
    assert start.quantization is not None
    maps = made.quantization.activations
    assert {name: maps[name] for name in maps if name != "logits"} == {
        name: affine for name, affine in start.quantization.activations.items() if name != "logits"
    }
    for name, conv in made.quantization.convs.items():
        assert not conv.zero_point.any()
        error = np.abs(made.weights[f"{name}.weight"] - start.weights[f"{name}.weight"])
        assert (error <= 0.51 * conv.scale[:, None, None, None]).all(), name


def test_without_quantize_integers_are_taught_in_floats(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    start = calibrate(first, pictures(SPEC, 4), lambda: None, Stages()).integers
    made = classify(squares, tmp_path, start, replace(STILL, quantize_epochs=0))
    assert made.quantization is None
    assert made.preprocessing.mean == to_float(start).preprocessing.mean


def test_integers_begin_at_what_floats_would_have_kept(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    """With the whole share for the first weights it does not matter what the floats have learnt."""
    begun = []
    for rate in (1e-3, 1e-5):
        recipe = replace(STILL, epochs=2, keep_first=1.0, learning_rate=rate)
        classify(squares, tmp_path / str(rate), first, recipe)
        begun.append(load_state(tmp_path / str(rate) / "state.pt", torch.device("cpu"))["integers"])
    assert begun[0]["maps"] == begun[1]["maps"]
    for name, array in begun[0]["arrays"].items():
        assert torch.equal(array, begun[1]["arrays"][name]), name


def test_new_layers_need_an_epoch_in_floats(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    other = replace(first, labels=("cat", "dog"))
    with pytest.raises(RecipeError, match="at least one epoch in floats, got all 3") as raised:
        classify(squares, tmp_path, other, replace(RECIPE, quantize_epochs=3))
    assert "logits.weight" in str(raised.value)


def test_quantize_epochs_are_some_of_the_epochs() -> None:
    with pytest.raises(RecipeError, match=r"quantize_epochs must be between 0 and epochs \(3\)"):
        replace(RECIPE, quantize_epochs=4)


@pytest.fixture(scope="module")
def whole(squares: Path, first: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return classify(squares, tmp_path_factory.mktemp("whole"), first)


def dying(function: Callable[..., Any], call: int, *, after: bool) -> Callable[..., Any]:
    """`function`, until it is called so often."""
    calls = iter(range(1, 99))

    def dies(*arguments: object) -> Any:
        last = next(calls) == call
        if last and not after:
            raise RuntimeError("power cut")
        result = function(*arguments)
        if last:
            raise RuntimeError("power cut")
        return result

    return dies


@pytest.mark.parametrize(
    ("method", "call", "after"),
    [("_begin_integers", 1, False), ("_begin_integers", 1, True), ("_step", 4, True)],
    ids=["before integers", "right after they began", "among them"],
)
def test_a_run_that_was_cut_ends_with_the_same_bits(
    squares: Path, first: Checkpoint, whole: Checkpoint, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str, call: int, after: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("mobilenetv2.train.loop.SAVE_EVERY_SECONDS", 0.0)
    with monkeypatch.context() as broken:
        broken.setattr(Loop, method, dying(getattr(Loop, method), call, after=after))
        with pytest.raises(RuntimeError, match="power cut"):
            classify(squares, tmp_path / "cut", first)
    resumed = classify(squares, tmp_path / "cut", first)
    assert_same_integers(resumed.quantization, whole.quantization)
    assert resumed.metrics == whole.metrics


def test_a_state_whose_integers_are_broken_is_refused(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    classify(squares, tmp_path, first, STILL)
    path = tmp_path / "state.pt"
    state = torch.load(path, weights_only=True)
    state["integers"]["maps"] = state["integers"]["maps"][1:]
    torch.save(state, path)
    with pytest.raises(TrainingError, match="does not fit this run"):
        classify(squares, tmp_path, first, STILL)


def test_where_integers_begin_is_told(squares: Path, first: Checkpoint, tmp_path: Path) -> None:
    class Heard(Silent):
        def __init__(self) -> None:
            self.said: list[str] = []

        def say(self, text: str) -> None:
            self.said.append(text)

    classify(squares, tmp_path, first, STILL, heard := Heard())
    assert any("finding ranges of integers on 8 pictures" in text for text in heard.said)


def test_the_command_trains_and_tells_what_the_floats_reach(
    squares: Path, first: Checkpoint, tmp_path: Path
) -> None:
    store.save(first, tmp_path / "first.safetensors")
    arguments = ["classify", "--data", squares, "--model", tmp_path / "first.safetensors",
                 "--out", tmp_path / "run", "--quantize", "--epochs", "2", "--workers", "0",
                 "--json"]  # fmt: skip
    result = CliRunner().invoke(main, ["train", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert {"model", "top1", "float_top1"} <= said.keys()
    assert store.load(said["model"]).quantization is not None
