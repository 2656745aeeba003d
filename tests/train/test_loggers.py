"""Figures of a run in other people's tools, read back by these tools' own readers; offline."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.train import Recipe, RunStart
from mobilenetv2.train.loggers.choose import logger
from mobilenetv2.train.loggers.figures import figures, settings
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric
from tests.train.drawn_classes import draw_classes

ROWS = (
    {"epoch": 1.0, "step": 4.0, "learning_rate": 0.1, "train_loss": 2.0, "val_top1": 0.25},
    {"epoch": 2.0, "step": 8.0, "learning_rate": 0.0, "train_loss": 1.0, "val_top1": 0.75},
)


def tell(name: str, folder: Path, end: Checkpoint) -> None:
    """One epoch, a stop, another epoch, the end."""
    for resumed, row in enumerate(ROWS):
        callback = logger(name)
        callback.on_start(RunStart(folder, Recipe(epochs=2, seed=7), ("a", "b"), bool(resumed)))
        callback.on_epoch(row)
    callback.on_end(replace(end, metrics=(Metric("top1", 0.75, "x", "y", 4),)))


def test_losses_and_metrics_have_a_room_each():
    assert figures(ROWS[0]) == {"learning_rate": 0.1, "train/loss": 2.0, "val/top1": 0.25}


def test_settings_are_the_recipes_fields():
    found = settings(Recipe(seed=7, size=(96, 128)))
    assert (found["seed"], found["size"], found["augmentation.flip"]) == (7, [96, 128], 0.5)


def test_tensorboard(tmp_path: Path, small: Checkpoint) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tell("tensorboard", tmp_path, small)
    read = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    points = [(point.step, point.value) for point in read.Scalars("val/top1")]
    assert points == [(4, 0.25), (8, 0.75)]


def test_weights_and_biases_stay_on_this_machine(
    tmp_path: Path, small: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    tell("wandb", tmp_path, small)
    kept = [*(tmp_path / "wandb").glob("offline-run-*/*.wandb")]
    assert kept
    assert all(file.stat().st_size for file in kept)


def test_mlflow(tmp_path: Path, small: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
    from mlflow.tracking import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    tell("mlflow", tmp_path, small)
    client = MlflowClient((tmp_path / "mlruns").as_uri())
    run = (tmp_path / "mlflow-run.txt").read_text().strip()
    points = [(point.step, point.value) for point in client.get_metric_history(run, "train/loss")]
    assert points == [(4, 2.0), (8, 1.0)]
    data = client.get_run(run).data
    assert data.params["seed"] == "7"


def test_the_command_writes_what_it_is_told_to(tmp_path: Path, small: Checkpoint) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    store.save(small, tmp_path / "first.safetensors")
    data = draw_classes(tmp_path / "squares", 2)
    command = ["train", "classify", "--data", data, "--model", tmp_path / "first.safetensors",
               "--out", tmp_path / "run", "--epochs", 1, "--size", 32, "--workers", 0,
               "--log", "tensorboard"]  # fmt: skip
    done = CliRunner().invoke(main, [*map(str, command)])
    assert done.exit_code == 0, done.output
    assert [*(tmp_path / "run/tensorboard").glob("events.*")]
