"""Sets that small, few or uneven: the default recipe still learns what a person sees at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.train import default_recipe, fine_tune_classifier
from mobilenetv2.train.classify.data import read_classes
from mobilenetv2.weights.checkpoint import Checkpoint

COLORS = {"blue": (30, 30, 200), "green": (30, 180, 30), "red": (200, 30, 30)}


def drawn(folder: Path, counts: dict[str, int], seed: int) -> Path:
    """Noise around a color of each class, 64 x 64."""
    random = np.random.default_rng(seed)
    for label, count in counts.items():
        (folder / label).mkdir(parents=True)
        for index in range(count):
            noise = random.normal(0, 5, (64, 64, 3))
            pixels = np.clip(noise + COLORS[label], 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{index}.png")
    return folder


@pytest.mark.parametrize(
    ("counts", "batch_size"),
    [
        pytest.param({"blue": 10, "green": 10, "red": 10}, None, id="ten a class"),
        pytest.param({"green": 12, "red": 12}, None, id="two classes"),
        pytest.param({"green": 50, "red": 1}, None, id="one to fifty"),
        pytest.param({"green": 12, "red": 12}, 8, id="batch of 8"),
        pytest.param({"green": 2, "red": 1}, None, id="three pictures"),
    ],
)
def test_every_class_is_told_apart(
    small: Checkpoint, tmp_path: Path, counts: dict[str, int], batch_size: int | None
) -> None:
    data = drawn(tmp_path / "train", counts, 0)
    judged = drawn(tmp_path / "val", dict.fromkeys(counts, 5), 1)
    pictures, _ = read_classes(data)
    recipe = replace(default_recipe(len(pictures.paths), batch_size=batch_size), epochs=2)
    result = fine_tune_classifier(
        data, tmp_path / "out", first=small, validation=judged, recipe=recipe, device="cpu",
        workers=0,
    )  # fmt: skip
    found = {metric.name: metric.value for metric in result.metrics}
    assert found["mean_class_accuracy"] == 1.0
    assert found["calibration_error"] < 0.3
