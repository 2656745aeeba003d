"""Batch norm comes back with real statistics, and the network stays the same function."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Spec
from mobilenetv2.train.calibrate import observe, restore_batch_norm
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint


def noise(size: tuple[int, int], seed: int = 0) -> Tensor:
    return torch.from_numpy(
        np.random.default_rng(seed).uniform(-1, 1, (8, 3, *size)).astype(np.float32)
    )


def test_the_function_does_not_change(small: Checkpoint) -> None:
    restored = restore_batch_norm(small, [noise((64, 64)), noise((64, 64), 1)])
    images = noise((64, 64), 2).permute(0, 2, 3, 1).numpy()
    before = reference_runner(build(small.spec), small.weights)(images)["logits"]
    after = reference_runner(build(restored.spec), restored.weights)(images)["logits"]
    assert restored.spec == replace(small.spec, batch_norm_epsilon=1e-3)
    assert np.abs(after - before).max() < 1e-5 * np.abs(before).max()


def test_folding_undoes_it(small: Checkpoint) -> None:
    back = fold_checkpoint(restore_batch_norm(small, [noise((64, 64))]))
    assert back.spec == small.spec
    for name, array in small.weights.items():
        error = np.abs(back.weights[name] - array).max()
        assert error < 1e-5 * max(1.0, np.abs(array).max()), name


def test_statistics_are_those_of_the_pictures(small: Checkpoint) -> None:
    """In training mode on the same pictures the batch's statistics give the same result."""
    images = noise((64, 64))
    restored = restore_batch_norm(small, [images])
    module = GraphModule(build(restored.spec), restored.weights, statistics="batch")
    with torch.no_grad():
        stored = module.eval()(images)["logits"]
        of_batch = module.train()(images)["logits"]
    assert torch.allclose(stored, of_batch, atol=2e-3 * stored.abs().max().item())


def test_moments_merge_over_batches_of_any_size(small: Checkpoint) -> None:
    module = GraphModule(build(small.spec), small.weights)
    images = noise((64, 64))
    whole = observe(module, [images])["last"]
    parts = observe(module, [images[:5], images[5:]])["last"]
    assert whole.count == parts.count
    torch.testing.assert_close(whole.mean, parts.mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(whole.variance, parts.variance, rtol=1e-4, atol=1e-6)


def test_the_head_of_deeplab_keeps_its_own_epsilon(small: Checkpoint) -> None:
    spec = Spec(
        head=DeepLab(3, channels=8), width=0.35, size=(64, 64), output_stride=16,
        batch_norm_epsilon=None,
    )  # fmt: skip
    folded = replace(small, spec=spec, weights=random_weights(build(spec), 1))
    restored = restore_batch_norm(folded, [noise((64, 64))])
    images = noise((64, 64), 2).permute(0, 2, 3, 1).numpy()
    before = reference_runner(build(spec), folded.weights)(images)["logits"]
    after = reference_runner(build(restored.spec), restored.weights)(images)["logits"]
    assert np.abs(after - before).max() < 1e-5 * np.abs(before).max()


def test_a_channel_that_never_changes_does_no_harm(small: Checkpoint) -> None:
    """Quantization rounds whole channels to zero; their variance is zero, too."""
    dead = small.weights["stem.weight"].copy()
    dead[2] = 0
    folded = replace(small, weights={**small.weights, "stem.weight": dead})
    restored = restore_batch_norm(folded, [noise((64, 64))])
    assert all(np.isfinite(array).all() for array in restored.weights.values())


def test_weights_with_batch_norm_come_back_as_they_are(small: Checkpoint) -> None:
    spec = replace(small.spec, head=Classifier(3), batch_norm_epsilon=1e-5)
    trained = replace(small, spec=spec, weights=random_weights(build(spec), 1))
    assert restore_batch_norm(trained, []) is trained


def test_no_picture_is_an_error(small: Checkpoint) -> None:
    with pytest.raises(DatasetError, match="at least one batch"):
        restore_batch_norm(small, [])
