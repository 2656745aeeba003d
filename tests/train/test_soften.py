"""Divergences have the values that the formula gives by hand."""

import math

import pytest
import torch

from mobilenetv2.train.soften import binary_divergence, divergence, soft


def test_the_divergence_is_that_of_the_formula():
    """Teacher (3/4, 1/4) and student (1/2, 1/2) at temperature 2."""
    teacher = torch.tensor([[2 * math.log(3), 0.0]])
    wanted = soft(teacher, 2.0, 1)
    assert wanted.tolist()[0] == pytest.approx([0.75, 0.25])
    found = divergence(torch.zeros(1, 2), wanted, 2.0, 1)
    by_hand = 4 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert found.tolist() == pytest.approx([by_hand])


def test_answers_of_yes_or_no_are_compared_one_by_one():
    """Teacher 3/4 against student 1/2 at temperature 2, and both alike."""
    wanted = torch.tensor([0.75, 0.5])
    found = binary_divergence(torch.zeros(2), wanted, 2.0)
    by_hand = 4 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert found.tolist() == pytest.approx([by_hand, 0.0])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_who_answers_alike_has_nothing_to_learn(temperature):
    logits = torch.tensor([[1.0, -2.0, 30.0], [0.0, 0.0, 0.0]], requires_grad=True)
    wanted = soft(logits.detach(), temperature, 1)
    loss = divergence(logits, wanted, temperature, 1).sum()
    loss += binary_divergence(
        logits, torch.sigmoid(logits.detach() / temperature), temperature
    ).sum()
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert logits.grad.abs().max() < 1e-5


def test_certain_answers_are_finite():
    logits = torch.tensor([[400.0, -400.0]], requires_grad=True)
    loss = divergence(logits, torch.tensor([[0.0, 1.0]]), 1.0, 1)
    loss.sum().backward()
    assert loss.item() == pytest.approx(800)
    assert torch.isfinite(logits.grad).all()
