"""The head that a run on new classes begins with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.classify.probe import SOFT_PENALTY, logistic_regression
from mobilenetv2.weights.checkpoint import Checkpoint

STILL = Recipe(
    epochs=1, batch_size=10, warmup_epochs=0, learning_rate=1e-9, keep_first=0.0, fit="squash",
    augmentation=Augmentation((1.0, 1.0), flip=0, color_jitter=0),
)  # fmt: skip


def scores(inputs: Tensor, penalty: float | None) -> Tensor:
    """Probabilities [pictures, 3] of a regression fitted to four pictures a class in turn."""
    targets = torch.arange(len(inputs)) % 3
    options = () if penalty is None else (penalty,)
    weight, bias = logistic_regression(inputs, targets, 3, *options)
    rows = torch.from_numpy(weight[:, :, 0, 0])
    return (inputs @ rows.T + torch.from_numpy(bias)).softmax(1)


def test_a_soft_one_has_the_same_answers_and_is_sure_of_none() -> None:
    random = torch.Generator().manual_seed(0)
    targets = torch.arange(12) % 3
    centers = torch.randn(3, 40, generator=random)
    inputs = centers[targets] + 0.5 * torch.randn(12, 40, generator=random)
    sure, soft = scores(inputs, None), scores(inputs, SOFT_PENALTY)
    assert (sure.argmax(1) == targets).all()
    assert (soft.argmax(1) == targets).all()
    assert sure.max(1).values.min() > 0.9
    assert soft.max(1).values.max() < 0.6


def test_a_head_is_soft_where_the_features_learn_with_it(
    pictures: Path, small: Checkpoint, tmp_path: Path
) -> None:
    def length(epochs: int, freeze: str) -> float:
        found = fine_tune_classifier(
            pictures, tmp_path / f"{epochs}-{freeze}", first=small, device="cpu", workers=0,
            recipe=replace(STILL, epochs=epochs, evaluate_every=epochs, freeze=freeze),
        )  # fmt: skip
        return float(np.linalg.norm(found.weights["logits.weight"]))

    assert 0 < 2 * length(12, "none") < length(12, "backbone")
    # A step or two would leave it as it is.
    assert length(1, "none") > 0.9 * length(12, "backbone")
