"""Soft answers at a temperature, and how far a student is from them (arXiv 1503.02531)."""

import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor


def soft(logits: Tensor, temperature: float, dim: int) -> Tensor:
    """Probabilities of the logits over the temperature."""
    return F.softmax(logits.float() / temperature, dim)


def divergence(logits: Tensor, wanted: Tensor, temperature: float, dim: int) -> Tensor:
    """Kullback-Leibler divergence times the squared temperature, summed over `dim`.

    Gradients of softened answers shrink with the square of the temperature; the factor keeps
    their share beside other losses.

    Args:
        logits: the student's.
        wanted: probabilities at the same temperature, of the same shape.
        temperature: above 0.
        dim: over which they sum to 1.
    """
    log_own = F.log_softmax(logits.float() / temperature, dim)
    return temperature**2 * F.kl_div(log_own, wanted, reduction="none").sum(dim)


def binary_divergence(logits: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """The same for answers of yes or no, each by itself; not summed."""
    softened = logits.float() / temperature
    losses = F.binary_cross_entropy_with_logits(softened, wanted, reduction="none")
    entropy = F.binary_cross_entropy(wanted, wanted, reduction="none")
    return temperature**2 * (losses - entropy)
