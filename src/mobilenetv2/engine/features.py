"""A network up to its features: what pictures are compared, searched and sorted by."""

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.select import select_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.features import feature_graph
from mobilenetv2.network.spec import Spec
from mobilenetv2.tasks.finite import require_finite
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.quantized import Quantization

Features = npt.NDArray[np.float32]
"""[channels]: 1280 of a network of width 1."""


class FeatureRunner:
    """From a picture at the network's size to its features; safe to share between threads.

    Args:
        spec: the whole network.
        numbers: float32 weights without batch norms, or integers.
        pixel_values: float32 [3, 256], what each value of each color is to the network.
        threads: how many one call may use.
    """

    def __init__(
        self, spec: Spec, numbers: Weights | Quantization, pixel_values: Array, threads: int
    ) -> None:
        graph = feature_graph(build(spec), spec)
        (self._output,) = graph.outputs
        self.channels = graph.by_name[self._output].shape.channels
        """How many numbers a picture becomes."""
        self._run = select_runner(graph, numbers, pixel_values, threads)

    def __call__(self, pixels: npt.NDArray[np.uint8]) -> Features:
        """The features of one picture, uint8 [height, width, 3], averaged over its places.

        Raises:
            CheckpointError: they are not finite.
        """
        maps = require_finite(self._run(pixels[None]))
        features: Features = maps[self._output][0].mean(axis=(0, 1))
        return features
