"""Random quantised checkpoints."""

import numpy as np

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from mobilenetv2.weights.quantized import DequantizedWeights
from tests.engine.integers import random_quantization


def random_quantized(spec: Spec, seed: int = 0, dtype: type = np.int8) -> Checkpoint:
    """A quantised checkpoint of a folded spec."""
    graph = build(spec)
    quantization = random_quantization(graph, seed, dtype)
    return Checkpoint(
        spec=spec,
        weights=DequantizedWeights(graph, quantization),
        preprocessing=Preprocessing(size=spec.size, mean=(128 / 255,) * 3, std=(128 / 255,) * 3),
        labels=tuple(f"class {index}" for index in range(spec.head.classes)),
        provenance=Provenance("random integers"),
        license="CC0-1.0",
        quantization=quantization,
    )
