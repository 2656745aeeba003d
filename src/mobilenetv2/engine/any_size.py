"""One network at any picture size: a runner for each size that comes along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.select import NumpyRunner, select_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.quantized import Quantization

if TYPE_CHECKING:
    from mobilenetv2.engine.native import NativeRunner

Run = Callable[[npt.NDArray[np.uint8]], Mapping[str, Array]]
"""From a picture, uint8 [height, width, 3], to a network's outputs, float32 [1, H, W, channels]."""

SIZES_KEPT = 8
"""Each holds the weights once more. Segmentation at six scales needs six."""


class AnySize:
    """A network without batch norms; safe to share between threads.

    Args:
        spec: the network; its own size is made ready at once.
        numbers: float32 weights, or integers.
        pixel_values: float32 [3, 256], what each value of each color is to the network.
        threads: how many one call may use.
    """

    def __init__(
        self, spec: Spec, numbers: Weights | Quantization, pixel_values: Array, threads: int
    ) -> None:
        self._spec = spec
        self._numbers = numbers
        self._pixel_values = pixel_values
        self._threads = threads
        self._runners: dict[tuple[int, int], NativeRunner | NumpyRunner] = {}
        self.runner_at(spec.size)

    def __call__(
        self, pixels: npt.NDArray[np.uint8], threads: int | None = None
    ) -> Mapping[str, Array]:
        """The outputs for one picture, uint8 [height, width, 3]: float32 [1, H, W, channels].

        Args:
            pixels: the picture.
            threads: how many to use this time; None for as many as one call may.
        """
        height, width, _ = pixels.shape
        return self.runner_at((height, width))(pixels[None], threads)

    def runner_at(self, size: tuple[int, int]) -> NativeRunner | NumpyRunner:
        """The runner for pictures of (height, width) pixels."""
        found = self._runners.get(size)
        if found is None:
            graph = build(replace(self._spec, size=size))
            found = select_runner(graph, self._numbers, self._pixel_values, self._threads)
            others = [known for known in list(self._runners) if known != self._spec.size]
            if len(others) >= SIZES_KEPT:
                self._runners.pop(others[0], None)
            # Of threads that made one each the first is kept: it may be in use.
            found = self._runners.setdefault(size, found)
        return found
