"""The head that a run on new classes begins with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.classify.probe import COOLED, logistic_regression
from mobilenetv2.weights.checkpoint import Checkpoint

STILL = Recipe(
    epochs=1, batch_size=10, warmup_epochs=0, learning_rate=1e-9, keep_first=0.0, fit="squash",
    augmentation=Augmentation((1.0, 1.0), flip=0, color_jitter=0),
)  # fmt: skip


def test_it_is_right_and_sure_of_what_it_was_fitted_to() -> None:
    random = torch.Generator().manual_seed(0)
    targets = torch.arange(12) % 3
    centers = torch.randn(3, 40, generator=random)
    inputs = centers[targets] + 0.5 * torch.randn(12, 40, generator=random)
    weight, bias = logistic_regression(inputs, targets, 3)
    logits = inputs @ torch.from_numpy(weight[:, :, 0, 0]).T + torch.from_numpy(bias)
    assert (logits.argmax(1) == targets).all()
    assert logits.softmax(1).max(1).values.min() > 0.9
    # The share of it that a head begins with is sure of nothing.
    assert (COOLED * logits).softmax(1).max(1).values.max() < 0.6


def test_a_head_begins_with_a_share_of_it_where_the_features_learn_too(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    def length(epochs: int, freeze: str) -> float:
        found = fine_tune_classifier(
            pictures, tmp_path / f"{epochs}-{freeze}", first=small, device="cpu", workers=0,
            recipe=replace(STILL, epochs=epochs, evaluate_every=epochs, freeze=freeze),
        )  # fmt: skip
        return float(np.linalg.norm(found.weights["logits.weight"]))

    whole = length(12, "backbone")
    # Not the very share: frozen layers keep other batch norms, and so give other features.
    assert 0 < length(12, "none") < 4 * COOLED * whole
    # A step or two would leave it as it is.
    assert length(1, "none") > 0.9 * whole
