"""Picks the runner: the native engine where it was built and has every step, else numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.library import in_use
from mobilenetv2.engine.runner import Images
from mobilenetv2.errors import LoweringError
from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.quantized import Quantization

if TYPE_CHECKING:
    from mobilenetv2.engine.native import NativeRunner


def select_runner(
    graph: Graph, numbers: Weights | Quantization, pixel_values: Array, threads: int
) -> NativeRunner | NumpyRunner:
    """The fastest runner there is for a graph without batch norms.

    Args:
        graph: what to run.
        numbers: float32 weights, or integers.
        pixel_values: float32 [3, 256], what each value of each color is to the network.
        threads: how many a call may use; numpy has its own mind.

    Raises:
        EngineError: MOBILENETV2_ISA names an instruction set that is not there.
    """
    # Imported where a network is run: reading about one should not wait for it.
    from mobilenetv2.engine.lower import lower
    from mobilenetv2.engine.native import NativeRunner

    if in_use():
        try:
            return NativeRunner(lower(graph, numbers, pixel_values), threads)
        except LoweringError:
            pass
    return NumpyRunner(graph, numbers, pixel_values)


class NumpyRunner:
    """The numpy runners, with the native one's manners: pixels are looked up in the table."""

    def __init__(self, graph: Graph, numbers: Weights | Quantization, pixel_values: Array) -> None:
        from mobilenetv2.engine.oracle import oracle

        self._run = oracle(graph, numbers)
        self._values = pixel_values

    def __call__(
        self,
        images: Images,
        threads: int | None = None,  # noqa: ARG002 - numpy has its own mind
    ) -> Mapping[str, npt.NDArray[np.float32]]:
        """As `NativeRunner`."""
        if images.dtype == np.uint8:
            images = np.stack([self._values[color][images[..., color]] for color in range(3)], -1)
        return self._run(images.astype(np.float32, copy=False))
