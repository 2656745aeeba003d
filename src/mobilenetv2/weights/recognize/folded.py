"""The weights of traced layers, as arrays of ours."""

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.recognize.layers import Convolution
from mobilenetv2.weights.recognize.trace import Trace


def folded_weights(trace: Trace) -> dict[str, Array]:
    """Float32 weights and biases of every convolution, under our nodes' names.

    Raises:
        CheckpointError: numbers that are not finite.
    """
    weights: dict[str, Array] = {}
    for name, layer in trace.convolutions.items():
        weights[f"{name}.weight"] = effective_weight(layer)
        weights[f"{name}.bias"] = layer.bias.astype(np.float32)
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{name} must hold finite numbers only; the file is corrupt")
    return weights


def effective_weight(layer: Convolution) -> Array:
    """[out, in / groups, height, width], everything that scales the output multiplied in."""
    if (layer.gain == 1).all():
        return np.ascontiguousarray(layer.weight, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = layer.weight.astype(np.float64) * layer.gain[:, None, None, None]
        return np.ascontiguousarray(scaled, np.float32)
