"""A temperature in the last layer is a temperature everywhere."""

import numpy as np
import pytest

from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.network.build import build
from mobilenetv2.train.classify.temper import tempered
from mobilenetv2.weights.checkpoint import Checkpoint


def test_logits_are_divided_and_nothing_else_changes(small: Checkpoint) -> None:
    cooler = tempered(small, 2.5, "birds/val")
    images = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    before = reference_runner(build(small.spec), small.weights)(images)["logits"]
    after = reference_runner(build(cooler.spec), cooler.weights)(images)["logits"]
    np.testing.assert_allclose(after, before / 2.5, rtol=1e-4, atol=1e-6)
    changed = [name for name in small.weights if cooler.weights[name] is not small.weights[name]]
    assert changed == ["logits.weight", "logits.bias"]
    assert cooler.provenance.history[-1] == (
        "logits divided by a temperature of 2.5000, fitted to birds/val"
    )


@pytest.mark.parametrize("name", ["logits.weight", "logits.bias"])
def test_arrays_stay_float32(small: Checkpoint, name: str) -> None:
    assert tempered(small, 3.0, "").weights[name].dtype == np.float32
