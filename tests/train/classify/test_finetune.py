"""From a folder of pictures to a checkpoint that predicts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.errors import TrainingError
from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.model import Model, load
from mobilenetv2.network.build import build
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier, recipe_from_json
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

QUICK = Recipe(epochs=1, batch_size=10, warmup_epochs=0, augmentation=Augmentation(color_jitter=0))
OVERFIT = replace(
    QUICK, epochs=40, batch_size=20, optimizer="adamw", learning_rate=2e-3, dropout=0.0,
    label_smoothing=0.0, ema_decay=0.5, keep_first=0.5, fit="squash",
    augmentation=Augmentation((1.0, 1.0), flip=0),
)  # fmt: skip


class Rows(Silent):
    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def epoch(self, row: dict[str, float]) -> None:
        self.rows.append(row)


@pytest.fixture(scope="module")
def overfitted(pictures: Path, small: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures by heart; validation is on the same."""
    out = tmp_path_factory.mktemp("overfitted")
    fine_tune_classifier(
        pictures, out, first=small, validation=pictures, recipe=OVERFIT, device="cpu", workers=0
    )
    return out


def test_twenty_pictures_are_learnt_by_heart(overfitted: Path, pictures: Path) -> None:
    model = load(overfitted / "model.safetensors")
    report = evaluate_classifier(model, read_labeled(pictures, model.labels))
    assert report.top1.hits == report.top1.count == 20
    metrics = {metric.name: metric for metric in model.checkpoint.metrics}
    assert metrics["top1"].value == metrics["mean_class_accuracy"].value == 1.0
    assert metrics["top1"].count == 20


def test_predict_gives_the_modules_own_numbers(overfitted: Path, pictures: Path) -> None:
    """Folded weights in the numpy reference against batch norms in torch, and its temperature."""
    checkpoint = store.load(overfitted / "model.safetensors")
    assert checkpoint.spec.folded
    state = torch.load(overfitted / "state.pt", weights_only=True)
    module = GraphModule(build(replace(checkpoint.spec, batch_norm_epsilon=1e-3))).eval()
    share = recipe_from_json(checkpoint.recipe).keep_first
    assert share > 0
    average, first = state["average"], state["first"]
    module.load_state_dict(
        {name: torch.lerp(value, first[name], share) for name, value in average.items()}
    )
    path = next(pictures.rglob("*.*"))
    image = prepare(decode(path), checkpoint.preprocessing)[None]
    with torch.no_grad():
        ours = module(torch.from_numpy(image).permute(0, 3, 1, 2))["logits"].flatten().numpy()
    deployed = Model(checkpoint)
    theirs = deployed.outputs(deployed.prepare(path))["logits"].reshape(-1)
    temperature = state["history"][-1]["val_temperature"]
    assert temperature != 1
    assert f"a temperature of {temperature:.4f}, fitted to" in checkpoint.provenance.history[-1]
    assert np.abs(ours / temperature - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_the_checkpoint_tells_its_story(overfitted: Path, small: Checkpoint) -> None:
    checkpoint = store.load(overfitted / "model.safetensors")
    assert checkpoint.provenance.source == small.provenance.source
    assert checkpoint.provenance.history[0] == "made for tests"
    assert "20 pictures, 4 classes, 40 epochs at 64x64" in checkpoint.provenance.history[1]
    assert recipe_from_json(checkpoint.recipe) == OVERFIT
    assert recipe_from_json((overfitted / "recipe.json").read_text()) == OVERFIT


def test_logs_can_be_read_by_machines(overfitted: Path) -> None:
    rows = [json.loads(line) for line in (overfitted / "log.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == list(range(1, 41))
    assert rows[-1]["train_loss"] < rows[0]["train_loss"]
    header, *lines = (overfitted / "log.csv").read_text().splitlines()
    assert header.split(",") == list(rows[0])
    assert len(lines) == 40


def test_a_finished_run_is_not_run_again(
    overfitted: Path, pictures: Path, small: Checkpoint
) -> None:
    heard = Rows()
    before = (overfitted / "state.pt").stat().st_mtime_ns
    again = fine_tune_classifier(
        pictures, overfitted, first=small, validation=pictures, recipe=OVERFIT, device="cpu",
        workers=0, reporter=heard,
    )  # fmt: skip
    assert heard.rows == []
    assert (overfitted / "state.pt").stat().st_mtime_ns == before
    assert again.metrics == store.load(overfitted / "model.safetensors").metrics


def test_scores_come_with_what_the_temperature_did(overfitted: Path) -> None:
    found = {
        metric.name: metric.value
        for metric in load(overfitted / "model.safetensors").checkpoint.metrics
    }
    row = json.loads((overfitted / "log.jsonl").read_text().splitlines()[-1])
    for name in ("calibration_error_before", "calibration_error"):
        assert 0 <= found[name] == row[f"val_{name}"] <= 1


def off_center(folder: Path) -> Path:
    """Two classes that differ at the left edge alone, which a crop of the center cuts off."""
    random = np.random.default_rng(0)
    for label, color in (("dark", 0), ("light", 255)):
        (folder / label).mkdir(parents=True)
        for index in range(9):
            pixels = random.integers(0, 255, (64, 160, 3)).astype(np.uint8)
            pixels[:, :40] = color
            Image.fromarray(pixels).save(folder / label / f"{index}.png")
    return folder


def test_the_fit_is_the_one_that_shows_what_matters(small: Checkpoint, tmp_path: Path) -> None:
    cropping = replace(small, preprocessing=replace(small.preprocessing, fit="crop"))
    heard = Rows()
    recipe = replace(QUICK, fit="auto", batch_size=4)
    data, out = off_center(tmp_path / "data"), tmp_path / "out"
    result = fine_tune_classifier(
        data, out, first=cropping, recipe=recipe, device="cpu", workers=0, reporter=heard
    )
    assert result.preprocessing.fit == recipe_from_json(result.recipe).fit == "squash"
    said = next(text for text in heard.said if "held-out ones" in text)
    assert said.index("squash") < said.index("crop")
    heard.said.clear()
    fine_tune_classifier(
        data, out, first=cropping, recipe=recipe, device="cpu", workers=0, reporter=heard
    )
    assert not any("held-out ones" in text for text in heard.said)


def test_another_recipe_does_not_go_on_with_this_run(
    overfitted: Path, pictures: Path, small: Checkpoint
) -> None:
    with pytest.raises(
        TrainingError,
        match=r"began otherwise \(learning_rate: was 0.002, now 0.001\).*another folder",
    ):
        fine_tune_classifier(
            pictures, overfitted, first=small, validation=pictures, device="cpu", workers=0,
            recipe=replace(OVERFIT, learning_rate=1e-3),
        )  # fmt: skip


def test_other_first_weights_are_named_before_what_follows_from_them(
    overfitted: Path, pictures: Path, small: Checkpoint
) -> None:
    """A detector's anchors would fill pages."""
    other = replace(small, weights={name: 2 * array for name, array in small.weights.items()})
    told = r"began otherwise \(first weights: was .*Give the same --model, from which the run began"
    with pytest.raises(TrainingError, match=told) as error:
        fine_tune_classifier(
            pictures, overfitted, first=other, validation=pictures, device="cpu", workers=0,
            recipe=replace(OVERFIT, learning_rate=1e-3),
        )  # fmt: skip
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("rule", ["batch", "frozen", "folded"])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_every_rule_for_batch_norm_ends_folded(
    pictures: Path, small: Checkpoint, tmp_path: Path, rule: str, optimizer: str
) -> None:
    recipe = replace(
        QUICK, batch_norm=rule, optimizer=optimizer, learning_rate=1e-3, clip_norm=1.0,
        evaluate_raw=True,
        augmentation=Augmentation(mixup=0.2, cutmix=1.0, erasing=0.5),
    )  # fmt: skip
    heard = Rows()
    result = fine_tune_classifier(
        pictures, tmp_path, first=small, recipe=recipe, device="cpu", workers=0, license="CC0",
        reporter=heard,
    )  # fmt: skip
    assert heard.rows[0].keys() >= {"train_loss", "val_top1", "raw_top1", "learning_rate"}
    assert result.spec == replace(small.spec, head=result.spec.head)
    assert result.license == "CC0-1.0; pictures: CC0"
    assert {metric.split for metric in result.metrics} == {"held-out fifth"}


def test_the_size_of_the_recipe_becomes_that_of_the_network(
    small: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    recipe = replace(QUICK, size=(48, 80), fit="crop")
    result = fine_tune_classifier(
        pictures, tmp_path, first=small, recipe=recipe, device="cpu", workers=0
    )
    assert result.spec.size == result.preprocessing.size == (48, 80)
    assert result.preprocessing.fit == "crop"
