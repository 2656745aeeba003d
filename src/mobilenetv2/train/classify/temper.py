"""Scores made to mean what they say, and a line about it."""

from dataclasses import replace

from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.temperature import divide_logits


def tempered(checkpoint: Checkpoint, temperature: float, dataset: str) -> Checkpoint:
    """The classifier with its logits divided by `temperature`, which its history tells.

    Args:
        checkpoint: in floats or in integers.
        temperature: above 0.
        dataset: whose pictures it was fitted to.
    """
    deed = f"logits divided by a temperature of {temperature:.4f}, fitted to {dataset}"
    source = checkpoint.provenance
    divided = divide_logits(checkpoint, temperature)
    return replace(divided, provenance=replace(source, history=(*source.history, deed)))
