"""A temperature goes into the last layer: whatever reads the file gives the tempered scores."""

from dataclasses import replace

import numpy as np

from mobilenetv2.network.build import build
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.quantized import Affine, DequantizedWeights, Quantization

_FLOATS = ("logits.weight", "logits.bias")


def divide_logits(checkpoint: Checkpoint, temperature: float) -> Checkpoint:
    """A classifier whose logits are those of another over a number.

    Engine, exports and quantization need not know: the order of answers stays. Integers stay the
    same; what they stand for changes.

    Args:
        checkpoint: a classifier.
        temperature: above 0.
    """
    integers = checkpoint.quantization
    if integers is None:
        weights = dict(checkpoint.weights)
        for name in _FLOATS:
            weights[name] = (weights[name] / temperature).astype(weights[name].dtype)
        return replace(checkpoint, weights=weights)
    conv, logits = integers.convs["logits"], integers.activations["logits"]
    scaled = replace(conv, scale=conv.scale / np.float32(temperature))
    # Files of other runtimes hold scales in float32.
    softened = Affine(float(np.float32(logits.scale / temperature)), logits.zero_point)
    changed = Quantization(
        {**integers.activations, "logits": softened}, {**integers.convs, "logits": scaled}
    )
    weights_of = DequantizedWeights(build(checkpoint.spec), changed)
    return replace(checkpoint, weights=weights_of, quantization=changed)
