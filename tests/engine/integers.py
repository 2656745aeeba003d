"""Random integers for a graph, so that every path of an integer backend is walked."""

from math import prod

import numpy as np

from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization


def random_quantization(graph: Graph, seed: int, dtype: type = np.int8) -> Quantization:
    """Scales that keep outputs spread over their bytes; every other map has a zero point."""
    random = np.random.default_rng(seed)
    affines = {
        node.name: Affine(
            float(np.float32(random.uniform(0.01, 0.05))),
            int(random.integers(0, 256)) if number % 2 else 0,
        )
        for number, node in enumerate(graph.nodes)
    }
    convs = {}
    for conv in graph.convs:
        channels = conv.shape.channels
        change = affines[conv.name].scale / affines[conv.source].scale
        spread = 140 * prod(conv.weight_shape[1:]) ** 0.5
        limits = np.iinfo(dtype)
        zero = np.zeros(channels) if dtype is np.int8 else random.integers(0, 256, channels)
        convs[conv.name] = IntegerConv(
            random.integers(limits.min, limits.max + 1, conv.weight_shape).astype(dtype),
            (change * random.uniform(0.5, 1.5, channels) / spread).astype(np.float32),
            zero.astype(np.int32),
            random.integers(-3000, 3000, channels).astype(np.int32),
        )
    return Quantization(affines, convs)
