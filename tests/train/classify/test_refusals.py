"""What cannot be taught is told before, or left out by its name."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mobilenetv2.errors import CheckpointError, DatasetError, RecipeError, TrainingError
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

QUICK = Recipe(epochs=1, batch_size=10, warmup_epochs=0, augmentation=Augmentation(color_jitter=0))


class Rows(Silent):
    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def epoch(self, row: dict[str, float]) -> None:
        self.rows.append(row)


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
    with pytest.raises(
        CheckpointError, match=r"finite numbers in every picture.*begin with others"
    ):
        fine_tune_classifier(
            pictures, tmp_path, first=broken, recipe=recipe, device="cpu", workers=0
        )
    unasked = replace(recipe, fit="squash")
    with pytest.raises(TrainingError, match=r"the loss is .* at step .*lower learning rate"):
        fine_tune_classifier(
            pictures, tmp_path, first=broken, recipe=unasked, device="cpu", workers=0
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said_so() -> None:
    with pytest.raises(RecipeError, match="needs a CUDA GPU"):
        choose_compute("cuda", "auto", (224, 224))
    with pytest.raises(RecipeError, match="needs a GPU"):
        choose_compute("cpu", "float16", (224, 224))


def test_bfloat16_is_for_large_pictures() -> None:
    assert choose_compute("cpu", "auto", (96, 96)).dtype == torch.float32
    assert choose_compute("cpu", "bfloat16", (96, 96)).dtype == torch.bfloat16
