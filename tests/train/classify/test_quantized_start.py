"""Training begins at the floats that a quantised network's integers stand for."""

from dataclasses import replace
from pathlib import Path

import pytest

from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.start import digest
from mobilenetv2.weights import store
from mobilenetv2.weights.to_float import to_float
from tests.quantized import random_quantized

QUICK = Recipe(epochs=1, batch_size=10, warmup_epochs=0, augmentation=Augmentation(color_jitter=0))


@pytest.mark.parametrize("batch_norm", ["folded", "frozen"])
def test_a_quantised_network_can_be_fine_tuned(pictures: Path, tmp_path: Path, batch_norm: str):
    spec = Spec(head=Classifier(3), width=0.35, size=(64, 64), batch_norm_epsilon=None)
    first = random_quantized(spec)
    recipe = replace(QUICK, batch_norm=batch_norm)
    for out, start in (("integers", first), ("floats", to_float(first))):
        fine_tune_classifier(
            pictures, tmp_path / out, first=start, recipe=recipe, device="cpu", workers=0
        )
    made, expected = (
        store.load(tmp_path / out / "model.safetensors") for out in ("integers", "floats")
    )
    assert made.quantization is None
    assert digest(made) == digest(expected)
    assert digest(first) == digest(to_float(first))
