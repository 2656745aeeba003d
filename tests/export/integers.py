"""Integers for a small network, from its float weights and one picture."""

from typing import Literal

import numpy as np

from mobilenetv2.engine.reference import evaluate_node
from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization

Kind = Literal["int8 per channel", "uint8 per tensor"]


def quantize(graph: Graph, weights: Weights, picture: Array, kind: Kind) -> Quantization:
    """Ranges as the picture has them; no network that anybody would use, but one with all parts."""
    maps: dict[str, Array] = {}
    for node in graph.nodes:
        sources = [maps[source].copy() for source in node.sources]
        maps[node.name] = evaluate_node(node, sources or [picture], weights)
    activations = {name: _affine(values) for name, values in maps.items()}
    convs = {}
    for conv in graph.convs:
        weight, bias = weights[f"{conv.name}.weight"], weights[f"{conv.name}.bias"]
        stored, scale, zero = (
            _per_channel(weight) if kind == "int8 per channel" else _per_tensor(weight)
        )
        steps = np.float64(activations[conv.source].scale) * scale
        convs[conv.name] = IntegerConv(stored, scale, zero, np.rint(bias / steps).astype(np.int32))
    return Quantization(activations, convs)


def _affine(values: Array) -> Affine:
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = np.float32((high - low) / 255)
    return Affine(float(scale), int(np.rint(-low / scale)))


def _per_channel(weight: Array):
    scale = (np.abs(weight).max(axis=(1, 2, 3)) / 127).astype(np.float32)
    stored = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
    return stored, scale, np.zeros(len(scale), np.int32)


def _per_tensor(weight: Array):
    low, high = min(0.0, float(weight.min())), max(0.0, float(weight.max()))
    scale = np.float32((high - low) / 255)
    zero = int(np.rint(-low / scale))
    stored = np.clip(np.rint(weight / scale) + zero, 0, 255).astype(np.uint8)
    channels = len(weight)
    return stored, np.full(channels, scale, np.float32), np.full(channels, zero, np.int32)
