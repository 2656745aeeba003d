"""A network up to its features: what pictures are compared, searched and sorted by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, cast, overload

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.select import select_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.features import feature_graph
from mobilenetv2.network.spec import Spec
from mobilenetv2.tasks.finite import require_finite
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.quantized import Quantization

if TYPE_CHECKING:
    from mobilenetv2.tasks.arrays import Channels
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.pixels import Prepared

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

    def __call__(self, pixels: npt.NDArray[np.uint8], threads: int | None = None) -> Features:
        """The features of one picture, uint8 [height, width, 3], averaged over its places.

        Args:
            pixels: the picture.
            threads: how many to use this time; None for as many as one call may.

        Raises:
            CheckpointError: they are not finite.
        """
        maps = require_finite(self._run(pixels[None], threads))
        features: Features = maps[self._output][0].mean(axis=(0, 1))
        return features


class Embedding(Protocol):
    """What has a picture prepared, and runs a network up to its features."""

    @property
    def feature_runner(self) -> FeatureRunner:
        """The network up to its features."""
        ...

    @property
    def at_once(self) -> int:
        """Pictures worked on at once where there are many."""
        ...

    def prepare(self, picture: Picture) -> Prepared:
        """Decode and resize."""
        ...


class Embeds:
    """`embed`, for whatever has `prepare` and `feature_runner`."""

    @overload
    def embed(self: Embedding, pictures: Picture, *, channels: Channels = ...) -> Features: ...  # type: ignore[overload-overlap]

    @overload
    def embed(  # type: ignore[overload-overlap]
        self: Embedding, pictures: list[Picture] | tuple[Picture, ...], *, channels: Channels = ...
    ) -> Features: ...

    @overload
    def embed(
        self: Embedding, pictures: Iterable[Picture], *, channels: Channels = ...
    ) -> Iterator[Features]: ...

    def embed(
        self: Embedding, pictures: Picture | Iterable[Picture], *, channels: Channels = "rgb"
    ) -> Features | Iterator[Features]:
        """What the network sees before its head judges: pictures that look alike lie close.

        Args:
            pictures: as for `predict`.
            channels: "bgr" for arrays as OpenCV has them.

        Returns:
            float32 [channels], 1280 of a network of width 1; [pictures, channels] for a list or
            tuple; one by one for any other iterable. A classifier's are what its last layer
            reads (of one with a hidden layer, what that reads), another's the backbone's last
            map, averaged over the picture.

        Raises:
            ImageError: a picture cannot be read.
        """
        from mobilenetv2.tasks.arrays import as_pictures
        from mobilenetv2.tasks.image import is_picture

        run = self.feature_runner
        pictures = as_pictures(pictures, channels)
        if is_picture(pictures):
            return run(self.prepare(pictures).inputs[0])
        from mobilenetv2.sources.side_by_side import made_of

        several = cast("Iterable[Picture]", pictures)
        results = made_of(lambda one: run(self.prepare(one).inputs[0], 1), several, self.at_once)
        if not isinstance(several, list | tuple):
            return results
        return np.array(list(results), np.float32).reshape(-1, run.channels)
