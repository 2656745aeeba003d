"""Batch norm into weights and bias: the same function with fewer numbers."""

from dataclasses import replace

import numpy as np

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import BatchNorm, Graph
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Weights


def fold(graph: Graph, weights: Weights) -> dict[str, Array]:
    """Weights for the folded twin of `graph`: every convolution has a weight and a bias.

    With `s = gamma / sqrt(variance + epsilon)`: weight becomes `s * weight` channel by channel,
    bias becomes `beta - s * mean`. Computed in float64 and rounded once.
    """
    folded: dict[str, Array] = {}
    for conv in graph.convs:
        weight = weights[f"{conv.name}.weight"].astype(np.float64)
        if isinstance(conv.norm, BatchNorm):
            gamma, beta, mean, variance = (
                weights[f"{conv.name}.{part}"].astype(np.float64)
                for part in ("gamma", "beta", "mean", "variance")
            )
            scale = gamma / np.sqrt(variance + conv.norm.epsilon)
            weight, bias = weight * scale[:, None, None, None], beta - scale * mean
        else:
            bias = weights[f"{conv.name}.bias"].astype(np.float64)
        folded[f"{conv.name}.weight"] = weight.astype(np.float32)
        folded[f"{conv.name}.bias"] = bias.astype(np.float32)
    return folded


def folded_spec(spec: Spec) -> Spec:
    """The same network described without batch norms."""
    return replace(spec, batch_norm_epsilon=None)


def fold_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """The same function without batch norms; a checkpoint that has none comes back as it is."""
    if checkpoint.spec.folded:
        return checkpoint
    weights = fold(build(checkpoint.spec), checkpoint.weights)
    return replace(checkpoint, spec=folded_spec(checkpoint.spec), weights=weights)
