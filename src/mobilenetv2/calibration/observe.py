"""What a float network's maps hold on calibration pictures, channel by channel."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from mobilenetv2.calibration.headroom import expected_reach
from mobilenetv2.engine.library import default_threads
from mobilenetv2.engine.runner import Runner
from mobilenetv2.engine.select import select_runner
from mobilenetv2.network.graph import Graph, Input
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.weights.checkpoint import Array, Weights

BINS = 1024
"""Of a map's histogram: four for each byte that it will be stored in."""

VALUES = 20_000
"""Counted in a picture's map, about: an odd share, so that no channel is always skipped."""

AHEAD = 2
"""Results that may wait beside those in the making."""

Counts = npt.NDArray[np.int64]
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MapStatistics:
    """One node's map over all pictures and pixels, one number a channel, float64 [channels]."""

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    """How far it will reach, no less than it has."""

    def scaled(self, factors: npt.NDArray[np.float64]) -> "MapStatistics":
        """Of the map with its channels multiplied by positive numbers, [channels]."""
        return MapStatistics(self.low * factors, self.high * factors, self.expected * factors)

    @property
    def reach(self) -> npt.NDArray[np.float64]:
        """The largest size of a value."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def headroom(self) -> float:
        """How many times as far as it has the map will reach."""
        furthest = float(self.reach.max())
        return float(self.expected.max()) / furthest if furthest > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often a map's values lie in each of `BINS` equal parts of [low, high]."""

    low: float
    high: float
    counts: Counts

    def add(self, values: Array) -> None:
        """Count values; those outside count at the ends."""
        if self.high > self.low:
            width = (self.high - self.low) / BINS
            bins = ((values - np.float32(self.low)) / np.float32(width)).astype(np.int32)
            self.counts[:] += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)


def every_map_runner(graph: Graph, weights: Weights, pixel_values: Array) -> Runner:
    """A runner whose outputs are the maps of all nodes but the input; on one thread."""
    names = tuple(node.name for node in graph.nodes if not isinstance(node, Input))
    return select_runner(replace(graph, outputs=names), weights, pixel_values, threads=1)


def observe_channels(
    run: Runner, pictures: Sequence[Pixels], advance: Callable[[], None]
) -> dict[str, MapStatistics]:
    """Extremes and means of every map that `run` puts out.

    Args:
        run: gives float32 maps [1, height, width, channels].
        pictures: uint8 [height, width, 3], at least one.
        advance: called after each.
    """

    def one(picture: Pixels) -> dict[str, MapStatistics]:
        return {name: _of_one(values) for name, values in run(picture[None]).items()}

    total: dict[str, list[MapStatistics]] = {}
    for found in in_parallel(one, pictures):
        for name, statistics in found.items():
            total.setdefault(name, []).append(statistics)
        advance()
    return {name: _joined(parts) for name, parts in total.items()}


def no_histograms(statistics: Mapping[str, MapStatistics]) -> dict[str, Histogram]:
    """Histograms in which nothing is counted yet, from the lowest to the highest value seen."""
    return {
        name: Histogram(float(found.low.min()), float(found.high.max()), np.zeros(BINS, np.int64))
        for name, found in statistics.items()
    }


def some_values(maps: Mapping[str, Array]) -> dict[str, Array]:
    """Of one picture's maps; of large ones every so many values are enough."""
    flat = {name: values.ravel() for name, values in maps.items()}
    return {name: values[:: max(1, len(values) // VALUES) | 1] for name, values in flat.items()}


def in_parallel(work: Callable[[S], T], pictures: Sequence[S]) -> Iterator[T]:
    """Results in order; numpy and the engine leave the interpreter's lock to each other.

    No more than `AHEAD` of them wait for a slow reader: windows of a plain SSD's maps are 30 MB a
    picture.
    """
    threads = default_threads()
    remaining = iter(pictures)
    with ThreadPoolExecutor(threads, thread_name_prefix="observe") as pool:
        waiting = deque(pool.submit(work, one) for one in islice(remaining, threads + AHEAD))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(work, one) for one in islice(remaining, 1))


def _of_one(values: Array) -> MapStatistics:
    flat = values.reshape(-1, values.shape[-1])
    low, high = flat.min(0).astype(np.float64), flat.max(0).astype(np.float64)
    return MapStatistics(low, high, np.maximum(np.abs(low), np.abs(high)))


def _joined(parts: Sequence[MapStatistics]) -> MapStatistics:
    return MapStatistics(
        np.min([part.low for part in parts], axis=0),
        np.max([part.high for part in parts], axis=0),
        expected_reach(np.array([part.reach for part in parts])),
    )
