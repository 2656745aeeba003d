"""The loss against sums by hand, and where there is nothing to sum."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention

from mobilenetv2.tasks.segment import IGNORED
from mobilenetv2.train.segment.loss import pixel_loss


def example(ignored: float) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(3)
    masks = random.integers(0, 3, (2, 9, 13)).astype(np.uint8)
    masks[random.random(masks.shape) < ignored] = IGNORED
    return torch.from_numpy(random.normal(0, 2, (2, 3, 3, 4)).astype(np.float32)), torch.from_numpy(
        masks
    )


@pytest.mark.parametrize("weights", [None, (0.5, 1.0, 3.0), (0.0, 1.0, 1.0)])
def test_a_weighted_mean_over_the_pixels_that_count(weights: tuple[float, ...] | None) -> None:
    logits, masks = example(0.3)
    chosen = torch.tensor(weights or (1.0, 1.0, 1.0))
    full = F.interpolate(logits, (9, 13), mode="bilinear", align_corners=True)
    shares = full.softmax(1)
    total = weight = 0.0
    for n, y, x in np.argwhere(masks.numpy() != IGNORED):
        index = int(masks[n, y, x])
        total -= float(chosen[index] * shares[n, index, y, x].log())
        weight += float(chosen[index])
    found = pixel_loss(logits, masks, None if weights is None else chosen)
    assert found.item() == pytest.approx(total / weight, rel=1e-5)


def test_smoothing_is_torchs_own() -> None:
    logits, masks = example(0.3)
    full = F.interpolate(logits, (9, 13), mode="bilinear", align_corners=True)
    expected = F.cross_entropy(full, masks.long(), ignore_index=IGNORED, label_smoothing=0.1)
    assert torch.allclose(pixel_loss(logits, masks, smoothing=0.1), expected)


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 0.0])])
def test_nothing_but_ignored_pixels_is_a_loss_of_zero(weights: torch.Tensor | None) -> None:
    logits, masks = example(2.0)
    loss = pixel_loss(logits.requires_grad_(), masks, weights)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_pixels_of_classes_without_weight_alone_are_a_loss_of_zero() -> None:
    logits, _ = example(0)
    masks = torch.zeros(2, 9, 13, dtype=torch.uint8)
    assert pixel_loss(logits, masks, torch.tensor([0.0, 1.0, 1.0])).item() == 0
