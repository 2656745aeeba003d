"""Several labels a picture, from a table to a checkpoint that predicts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.errors import CheckpointError, DatasetError, RecipeError, TrainingError
from mobilenetv2.evaluate import evaluate_multi_label
from mobilenetv2.model import load
from mobilenetv2.network.spec import Classifier
from mobilenetv2.tasks.multi_labeled import read_multi_labeled
from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.classify.balance import labels_told, positive_weights
from mobilenetv2.train.classify.data import TrainingData, read_training_data
from mobilenetv2.train.classify.label_data import MultiLabelData, read_table_data
from mobilenetv2.train.classify.probe import logistic_regression
from mobilenetv2.train.classify.recipe import default_label_recipe
from mobilenetv2.train.start import digest
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.classify.test_finetune import OVERFIT, Rows
from tests.train.drawn_labels import draw_labels, write_columns, write_joined

QUICK = Recipe(
    epochs=1, batch_size=8, warmup_epochs=0, label_smoothing=0.0, balance=0.0,
    augmentation=Augmentation(color_jitter=0),
)  # fmt: skip

OVERFITTED = replace(OVERFIT, epochs=30, balance=0.0)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures, five of each mixture of two labels."""
    folder = tmp_path_factory.mktemp("squares") / "set"
    return write_columns(folder.parent / "labels.csv", draw_labels(folder, 20))


@pytest.fixture(scope="module")
def overfitted(table: Path, small: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("labels")
    fine_tune_classifier(
        table, out, first=small, validation=table, recipe=OVERFITTED, device="cpu", workers=0
    )
    return out


def test_twenty_pictures_are_learnt_by_heart(overfitted: Path, table: Path):
    model = load(overfitted)
    assert model.checkpoint.spec.head == Classifier(2, scores="sigmoid")
    assert model.labels == ("blue", "red")
    report = evaluate_multi_label(model, read_multi_labeled(table, model.labels))
    assert report.mean_average_precision == 1
    # A label near its threshold may fall on either side where other threads add up otherwise.
    assert report.exact.hits >= 18
    metrics = {metric.name: metric for metric in model.checkpoint.metrics}
    assert metrics["map"].value == 1
    assert metrics["f1"].value >= 0.9
    assert metrics["map"].count == 20
    assert "calibration_error" in metrics
    assert "temperature" in model.checkpoint.provenance.history[-1]
    answers = model.predict(sorted((table.parent / "set").iterdir()))
    assert {answer.labels and frozenset(answer.labels) for answer in answers} == {
        (), frozenset({"blue"}), frozenset({"red"}), frozenset({"blue", "red"}),
    }  # fmt: skip
    assert {answer.label for answer in answers if not answer.labels} == {"none"}


def test_metrics_of_a_run_are_those_of_evaluate(overfitted: Path, table: Path):
    rows = [json.loads(line) for line in (overfitted / "log.jsonl").read_text().splitlines()]
    assert {"val_map", "val_f1", "val_precision", "val_recall"} <= set(rows[-1])
    best = load(overfitted / "best.safetensors")
    report = evaluate_multi_label(best, read_multi_labeled(table, best.labels))
    assert report.mean_average_precision == pytest.approx(max(row["val_map"] for row in rows))


def test_a_run_knows_its_labels_again_and_no_others(
    overfitted: Path, table: Path, small: Checkpoint, tmp_path: Path
):
    done = store.load(overfitted / "model.safetensors")
    again = fine_tune_classifier(
        table, overfitted, first=small, validation=table, recipe=OVERFITTED, device="cpu", workers=0
    )
    assert digest(again) == digest(done)
    rows = draw_labels(tmp_path / "set", 20)
    changed = write_columns(tmp_path / "labels.csv", [(name, ("red", "blue")) for name, _ in rows])
    with pytest.raises(TrainingError, match="training pictures"):
        fine_tune_classifier(
            changed, overfitted, first=small, validation=table, recipe=OVERFITTED, device="cpu",
            workers=0,
        )  # fmt: skip


def test_a_fifth_is_held_out_and_no_label_is_lost(table: Path):
    data = read_table_data(table, None)
    assert isinstance(data, MultiLabelData)
    assert len(data.training.paths) + len(data.validation.paths) == 20
    assert data.split == "held-out fifth"
    assert data.validation.counts(2) == [2, 2]
    assert () in data.validation.targets
    assert not set(data.training.paths) & set(data.validation.paths)


def test_one_label_each_is_a_class_unless_said_otherwise(tmp_path: Path):
    rows = [(name, own) for name, own in draw_labels(tmp_path / "set", 40) if len(own) == 1]
    table = write_joined(tmp_path / "set" / "labels.csv", rows)
    assert read_table_data(table, None) is None
    assert read_training_data(table, None).labels == ("blue", "red")
    assert isinstance(read_table_data(table, None, multi_label=True), MultiLabelData)
    parts = table.rename(table.with_name("train.csv")).parent
    classes = read_table_data(parts, None)
    assert isinstance(classes, TrainingData)
    assert set(classes.training.targets) == {0, 1}
    assert "--multi-label says" in classes.training.notes[-1]


def test_a_gap_in_a_table_of_classes_does_not_make_labels_of_them(tmp_path: Path):
    rows = [(name, own) for name, own in draw_labels(tmp_path, 12) if len(own) < 2]
    table = write_joined(tmp_path / "labels.csv", rows)
    assert read_table_data(table, None) is None
    with pytest.raises(DatasetError, match=r"every picture needs a class, .*--multi-label"):
        read_training_data(table, None)
    data = read_table_data(table, None, multi_label=True)
    assert isinstance(data, MultiLabelData)
    assert () in data.training.targets
    with pytest.raises(DatasetError, match=r"every picture needs a class, .*--multi-label"):
        read_table_data(table.rename(table.with_name("train.csv")).parent, None)


def test_a_label_without_a_picture_is_refused(tmp_path: Path):
    rows = draw_labels(tmp_path, 2)
    with pytest.raises(DatasetError, match=r"every label needs at least one .* \['red'\]"):
        read_table_data(write_columns(tmp_path / "labels.csv", rows), None, multi_label=True)


@pytest.mark.parametrize("change", [{"keep_classes": True}, {"sampling": "balanced"}])
def test_what_is_for_classes_that_exclude_each_other_is_refused(
    change: dict[str, object], table: Path, small: Checkpoint, tmp_path: Path
):
    (name,) = change
    data = read_table_data(table, None)
    with pytest.raises(RecipeError, match=f"{name} .*of which a picture has one"):
        fine_tune_classifier(
            data, tmp_path, first=small, recipe=replace(QUICK, **change), device="cpu", workers=0
        )


def test_mixing_smoothing_weights_and_a_teacher_go_together(
    table: Path, overfitted: Path, small: Checkpoint, tmp_path: Path
):
    mixed = replace(
        QUICK, label_smoothing=0.1, balance=0.5, augmentation=Augmentation(mixup=0.2, cutmix=0.2)
    )
    rows = Rows()
    taught = fine_tune_classifier(
        table, tmp_path, first=small, recipe=mixed, device="cpu", workers=0, reporter=rows,
        teachers=[store.load(overfitted / "model.safetensors")],
    )  # fmt: skip
    assert np.isfinite(rows.rows[-1]["train_teacher_loss"])
    assert taught.spec.head.scores == "sigmoid"


def test_a_model_of_several_labels_begins_one_of_single_classes(
    overfitted: Path, pictures: Path, tmp_path: Path
):
    first = store.load(overfitted / "model.safetensors")
    taught = fine_tune_classifier(
        pictures, tmp_path, first=first, recipe=QUICK, device="cpu", workers=0
    )
    assert taught.spec.head.scores == "softmax"
    with pytest.raises(CheckpointError, match="one of several labels"):
        fine_tune_classifier(
            pictures, tmp_path / "kept", first=first, device="cpu", workers=0,
            recipe=replace(QUICK, keep_classes=True),
        )  # fmt: skip


def test_a_regression_of_labels_finds_each_by_itself():
    draw = torch.Generator().manual_seed(1)
    inputs = torch.randn(200, 8, generator=draw)
    targets = (inputs[:, :2] > 0.3).float()
    weight, bias = logistic_regression(inputs, targets, 2)
    found = inputs @ torch.from_numpy(weight[:, :, 0, 0]).T + torch.from_numpy(bias)
    assert ((found > 0) == (targets > 0)).float().mean() > 0.95


def test_rare_labels_weigh_more_where_that_is_asked_for():
    assert positive_weights([10, 50], 100, 0.0) == (1, 1)
    assert positive_weights([10, 80], 100, 0.5) == (3, 1)
    assert "rise above its chance" in labels_told([10, 50], ("a", "b"), 0.5)
    assert labels_told([10, 50], ("a", "b"), 0.0) == ""
    recipe = default_label_recipe(1000)
    assert (recipe.label_smoothing, recipe.balance) == (0, 0)


def test_the_command_line(table: Path, small: Checkpoint, tmp_path: Path):
    store.save(small, tmp_path / "first.safetensors")
    arguments = ["train", "classify", "--data", str(table), "--model",
                 str(tmp_path / "first.safetensors")]  # fmt: skip
    dry = CliRunner().invoke(main, [*arguments, "--dry-run", "--json"])
    assert json.loads(dry.stdout)["multi_label"] is True
    shown = CliRunner().invoke(main, [*arguments, "--dry-run"])
    assert "2 labels of which a picture may have several" in shown.stdout
    assert "labels a picture to train on" in shown.stdout
    out = tmp_path / "run"
    taught = CliRunner().invoke(
        main,
        [*arguments, "--out", str(out), "--epochs", "1", "--size", "64", "--workers", "0",
         "--device", "cpu"],
    )  # fmt: skip
    assert taught.exit_code == 0, taught.output
    assert load(out).multi_label
    assert (out / "report.html").is_file()
    judged = CliRunner().invoke(
        main,
        ["evaluate", "--model", str(out), "--data", str(table), "--split", "held-out fifth",
         "--json"],
    )  # fmt: skip
    held = read_table_data(table, None)
    assert isinstance(held, MultiLabelData)
    assert json.loads(judged.stdout)["fingerprint"] == held.validation.fingerprint
    other = CliRunner().invoke(
        main, ["train", "classify", "--data", str(tmp_path), "--multi-label", "--out", str(out)]
    )
    assert other.exit_code == 1
    assert "read from a table" in " ".join(other.output.split())
