"""From a folder of pictures to a checkpoint that predicts."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.errors import CheckpointError, DatasetError, RecipeError, TrainingError
from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.model import Model, load
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Hidden
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier, recipe_from_json
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.classify.start import with_classes
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.subject import Subject
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


def subject_of(first: Checkpoint, pictures: Path, labels: tuple[str, ...]) -> Subject:
    data = read_training_data(pictures, None)
    return describe_subject(first, Recipe(), replace(data, labels=labels), "")


def test_the_same_classes_in_another_order_keep_their_weights(
    small: Checkpoint, pictures: Path
) -> None:
    moved = with_classes(small, subject_of(small, pictures, ("c", "a", "b")))
    images = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    before = reference_runner(build(small.spec), small.weights)(images)["logits"]
    after = reference_runner(build(moved.spec), moved.weights)(images)["logits"]
    np.testing.assert_allclose(after, before[..., [2, 0, 1]], rtol=1e-5)


def test_other_classes_get_a_head_of_their_number(small: Checkpoint, pictures: Path) -> None:
    fresh = with_classes(small, subject_of(small, pictures, tuple("abcdef")))
    assert fresh.weights["logits.weight"].shape == (6, 1280, 1, 1)
    assert np.array_equal(fresh.weights["last.weight"], small.weights["last.weight"])


def with_hidden_layer(small: Checkpoint) -> Checkpoint:
    """`small` with 16 channels between its pooling and its logits."""
    spec = replace(small.spec, head=Classifier(len(small.labels), Hidden(16)))
    head = {
        name: array
        for name, array in random_weights(build(spec), 5).items()
        if name.startswith(("hidden.", "logits."))
    }
    return replace(small, spec=spec, weights={**small.weights, **head})


def test_a_hidden_layer_stays_for_its_own_classes_and_goes_for_others(
    small: Checkpoint, pictures: Path
) -> None:
    first = with_hidden_layer(small)
    moved = with_classes(first, subject_of(first, pictures, ("c", "a", "b")))
    assert moved.spec.head == Classifier(3, Hidden(16))
    assert np.array_equal(moved.weights["hidden.weight"], first.weights["hidden.weight"])
    rows = first.weights["logits.weight"][[2, 0, 1]]
    assert np.array_equal(moved.weights["logits.weight"], rows)
    fresh = with_classes(first, subject_of(first, pictures, tuple("abcdef")))
    assert fresh.spec.head == Classifier(6)
    assert fresh.weights["logits.weight"].shape == (6, 1280, 1, 1)


def test_training_begins_from_weights_with_a_hidden_layer(
    small: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    result = fine_tune_classifier(
        pictures, tmp_path, first=with_hidden_layer(small), recipe=QUICK, device="cpu", workers=0
    )
    assert result.spec.head == Classifier(len(result.labels))


def test_the_size_of_the_recipe_becomes_that_of_the_network(
    small: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    recipe = replace(QUICK, size=(48, 80), fit="crop")
    result = fine_tune_classifier(
        pictures, tmp_path, first=small, recipe=recipe, device="cpu", workers=0
    )
    assert result.spec.size == result.preprocessing.size == (48, 80)
    assert result.preprocessing.fit == "crop"


def test_unreadable_pictures_are_left_out_and_named(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    data = shutil.copytree(pictures, tmp_path / "data")
    broken = sorted(data.rglob("*.*"))[3]
    broken.write_bytes(broken.read_bytes()[:100])
    heard = Rows()
    fine_tune_classifier(
        data, tmp_path / "out", first=small, validation=data, recipe=QUICK, device="cpu",
        workers=1, reporter=heard,
    )  # fmt: skip
    told = [text for text in heard.said if "left out" in text]
    assert len(told) == 1
    assert "1 pictures could not" in told[0]
    assert broken.name in told[0]
    assert store.load(tmp_path / "out" / "model.safetensors").metrics[0].count == 19


def test_nothing_but_unreadable_pictures_is_an_error(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    data = shutil.copytree(pictures, tmp_path / "data")
    for path in data.rglob("*.*"):
        path.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="no picture can be read"):
        fine_tune_classifier(
            data, tmp_path / "out", first=small, recipe=QUICK, device="cpu", workers=0
        )


def test_validation_classes_must_be_trained(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    other = shutil.copytree(pictures, tmp_path / "data")
    next(other.iterdir()).rename(other / "zebra")
    with pytest.raises(DatasetError, match="zebra"):
        fine_tune_classifier(
            pictures, tmp_path / "out", first=small, validation=other, recipe=QUICK, workers=0
        )


def test_a_loss_that_is_not_finite_stops_the_run(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    """Weights this large overflow after two linear layers, as those of a diverged run do."""
    large = small.weights["block3.project.weight"] * np.float32(1e38)
    broken = replace(small, weights={**small.weights, "block3.project.weight": large})
    recipe = replace(QUICK, batch_norm="folded", linear_probe=False)
    with pytest.raises(TrainingError, match=r"the loss is .* at step .*lower learning rate"):
        fine_tune_classifier(
            pictures, tmp_path, first=broken, recipe=recipe, device="cpu", workers=0
        )


def test_only_classifiers_become_classifiers(small: Checkpoint, pictures: Path) -> None:
    spec = replace(small.spec, head=DeepLab(3))
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in build(spec).parameter_shapes.items()
    }
    deeplab = replace(small, spec=spec, weights=weights)
    with pytest.raises(CheckpointError, match="got weights with a DeepLab head"):
        subject_of(deeplab, pictures, ("a", "b"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said_so() -> None:
    with pytest.raises(RecipeError, match="needs a CUDA GPU"):
        choose_compute("cuda", "auto", (224, 224))
    with pytest.raises(RecipeError, match="needs a GPU"):
        choose_compute("cpu", "float16", (224, 224))


def test_bfloat16_is_for_large_pictures() -> None:
    assert choose_compute("cpu", "auto", (96, 96)).dtype == torch.float32
    assert choose_compute("cpu", "bfloat16", (96, 96)).dtype == torch.bfloat16
