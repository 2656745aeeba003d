"""`mobilenetv2 train segment`, from the shell."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint


@pytest.fixture
def first(small: Checkpoint, tmp_path: Path) -> Path:
    path = tmp_path / "first.safetensors"
    store.save(small, path)
    return path


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """Four pictures, black at the left and white at the right, with masks of 0 and 1."""
    for index in range(4):
        ids = np.zeros((40, 48), np.uint8)
        ids[:, 12 + 6 * index :] = 1
        for name, values in (("images", ids * 255), ("masks", ids)):
            (tmp_path / "halves" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(tmp_path / "halves" / name / f"{index}.png")
    return tmp_path / "halves"


def arguments(data: Path, first: Path, out: Path, *more: str) -> list[str]:
    required = ["--data", data, "--model", first, "--out", out]
    return ["train", "segment", *map(str, required), "--device", "cpu", "--workers", "0", *more]


def test_trains_and_says_where_the_model_is(halves: Path, first: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("dark\nbright\n")
    out = tmp_path / "out"
    more = ("--labels", str(labels), "--epochs", "1", "--batch-size", "2", "--size", "33x49")
    result = CliRunner().invoke(main, arguments(halves, first, out, *more, "--json"))
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    checkpoint = store.load(answer["model"])
    assert checkpoint.spec.size == (33, 49)
    assert checkpoint.labels == ("dark", "bright")
    assert 0 <= answer["mean_iou"] <= 1
    assert 0 <= answer["pixel_accuracy"] <= 1


def test_options_override_the_recipe_file(halves: Path, first: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"kind": "SegmentationRecipe", "epochs": 9, "warmup_epochs": 0}')
    out = tmp_path / "out"
    more = (
        "--recipe", str(recipe), "--epochs", "1", "--size", "33", "--output-stride", "8",
        "--aspp", "published", "--class-weights", "inverse_log",
        "--val", str(halves / "images"), "--val-masks", str(halves / "masks"),
    )  # fmt: skip
    result = CliRunner().invoke(main, arguments(halves, first, out, *more))
    assert result.exit_code == 0, result.output
    kept = json.loads((out / "recipe.json").read_text())
    assert (kept["epochs"], kept["output_stride"], kept["aspp"]) == (1, 8, "published")
    assert kept["class_weights"] == "inverse_log"
    assert "mean iou" in result.stdout


def test_a_dry_run_reports_and_stops(halves: Path, first: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, arguments(halves, first, tmp_path / "out", "--dry-run"))
    assert result.exit_code == 0, result.output
    assert "3 pictures with masks" in result.stdout
    assert "class 1" in result.stdout
    assert not (tmp_path / "out").exists()


def test_ids_that_are_not_declared_are_one_line(halves: Path, first: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("dark\n")
    more = ("--labels", str(labels))
    result = CliRunner().invoke(main, arguments(halves, first, tmp_path / "out", *more))
    assert result.exit_code == 1
    assert "Error: halves (four fifths): 3 masks hold ids or colors that are not" in result.stderr
    assert not (tmp_path / "out").exists()
