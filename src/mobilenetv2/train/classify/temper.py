"""A temperature goes into the last layer: whatever reads the file gives the tempered scores."""

from dataclasses import replace

from mobilenetv2.weights.checkpoint import Checkpoint

LOGITS = ("logits.weight", "logits.bias")


def tempered(checkpoint: Checkpoint, temperature: float, dataset: str) -> Checkpoint:
    """The classifier with its logits divided by `temperature`, and a line about it.

    Engine, exports and quantization need not know: the order of answers is the same.

    Args:
        checkpoint: in floats.
        temperature: above 0.
        dataset: whose pictures it was fitted to.
    """
    weights = dict(checkpoint.weights)
    for name in LOGITS:
        weights[name] = (weights[name] / temperature).astype(weights[name].dtype)
    deed = f"logits divided by a temperature of {temperature:.4f}, fitted to {dataset}"
    history = (*checkpoint.provenance.history, deed)
    return replace(
        checkpoint, weights=weights, provenance=replace(checkpoint.provenance, history=history)
    )
