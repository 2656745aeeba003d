"""What follows from the number of a step: the learning rate, and a seed."""

from math import cos, pi

from mobilenetv2.train.recipe import Schedule

POWER = 0.9
"""Of the polynomial schedule: DeepLab's (arXiv 1706.05587, section 4)."""


def learning_rate_factor(
    step: int, warmup_steps: int, total_steps: int, schedule: Schedule = "cosine"
) -> float:
    """The share of the peak rate at `step` (from 0): a linear rise, then a fall to zero.

    Always above 0 before `total_steps`, so that no step is wasted.
    """
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if schedule == "poly":
        return float((1 - min(1.0, progress)) ** POWER)
    return 0.5 * (1 + cos(pi * min(1.0, progress)))


def step_seed(seed: int, step: int) -> int:
    """Torch takes any 64-bit seed; an odd multiplier keeps the runs of two seeds apart."""
    return (seed * 0x9E3779B97F4A7C15 + step) % 2**63
