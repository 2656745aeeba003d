"""Classes are ranked as `predict` names them."""

import numpy as np
import torch

from mobilenetv2.tasks.classify import classify
from mobilenetv2.train.classify.task import ranks_of


def test_of_equal_logits_the_first_class_is_named_first() -> None:
    logits = torch.tensor([[1.0, 3.0, 3.0, 0.0, 3.0]]).repeat(5, 1)
    assert ranks_of(logits, torch.arange(5)).tolist() == [3, 0, 1, 4, 2]


def test_ranks_are_predicts() -> None:
    """Few values, so that most logits have their like."""
    random = np.random.default_rng(0)
    logits = random.integers(0, 4, (20, 6)).astype(np.float32)
    for row in logits:
        named = [item.index for item in classify(row.tolist(), tuple("abcdef"), top=6)]
        ranks = ranks_of(torch.from_numpy(row).repeat(6, 1), torch.arange(6)).tolist()
        assert [named.index(target) for target in range(6)] == ranks
