"""A float network and pictures become integers: the stages in their order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mobilenetv2.calibration.equalize import find_factors, scale_channels
from mobilenetv2.calibration.input_range import input_affine
from mobilenetv2.calibration.integers import quantize_convs
from mobilenetv2.calibration.map_ranges import map_affines
from mobilenetv2.calibration.moments import Moments, no_moments, windows_of
from mobilenetv2.calibration.observe import (
    Histogram,
    MapStatistics,
    every_map_runner,
    in_parallel,
    no_histograms,
    observe_channels,
    some_values,
)
from mobilenetv2.calibration.ranges import RangeMethod
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.tasks.pixels import Pixels, normalize, pixel_values
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Weights
from mobilenetv2.weights.quantized import DequantizedWeights, Quantization

Rounding = Literal["nearest", "in turn"]


@dataclass(frozen=True, slots=True)
class Stages:
    """Which stages are taken, so that each can be measured alone."""

    equalize: bool = True
    headroom: bool = True
    ranges: RangeMethod = "least squares"
    correct_bias: bool = True
    rounding: Rounding = "in turn"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A network in both kinds of numbers, its channels scaled alike."""

    real: Checkpoint
    """Folded and equalized: the function that the integers are to have."""
    integers: Checkpoint
    quantization: Quantization
    """That of `integers`."""
    moments: Mapping[str, Moments]
    """Of what each convolution reads."""


def calibrate(
    checkpoint: Checkpoint,
    pictures: Sequence[Pixels],
    advance: Callable[[], None],
    stages: Stages,
) -> Calibrated:
    """Find integers for a folded float network.

    Args:
        checkpoint: folded, without integers.
        pictures: prepared for it, uint8 [height, width, 3]; at least one.
        advance: called twice for each picture.
        stages: what is done.
    """
    graph, values = build(checkpoint.spec), pixel_values(checkpoint.preprocessing)
    weights: Weights = checkpoint.weights
    statistics = observe_channels(every_map_runner(graph, weights, values), pictures, advance)
    if stages.equalize:
        factors = find_factors(graph, weights, statistics)
        weights = scale_channels(graph, weights, factors)
        statistics = {name: one.scaled(factors[name]) for name, one in statistics.items()}
    real = replace(checkpoint, weights=weights)
    seen = _look_again(real, graph, pictures, statistics, advance)
    preprocessing, given = input_affine(checkpoint.preprocessing)
    rooms = {name: one.headroom if stages.headroom else 1.0 for name, one in statistics.items()}
    affines = map_affines(graph, seen.histograms, rooms, given, stages.ranges)
    quantization = quantize_convs(
        graph,
        weights,
        affines,
        seen.moments,
        in_turn=stages.rounding == "in turn",
        correct=stages.correct_bias,
    )
    integers = replace(
        real,
        weights=DequantizedWeights(graph, quantization),
        preprocessing=preprocessing,
        quantization=quantization,
    )
    return Calibrated(real, integers, quantization, seen.moments)


@dataclass(frozen=True, slots=True)
class _Seen:
    histograms: Mapping[str, Histogram]
    moments: Mapping[str, Moments]


def _look_again(
    real: Checkpoint,
    graph: Graph,
    pictures: Sequence[Pixels],
    statistics: Mapping[str, MapStatistics],
    advance: Callable[[], None],
) -> _Seen:
    """Histograms need the ends of the first look, and the scaled channels."""
    run = every_map_runner(graph, real.weights, pixel_values(real.preprocessing))
    histograms = no_histograms(statistics)
    moments = {conv.name: no_moments(conv) for conv in graph.convs}

    def look(index: int) -> tuple[dict[str, Array], dict[str, Array]]:
        picture, random = pictures[index], np.random.default_rng([_SEED, index])
        maps = dict(run(picture[None]))
        values = some_values(maps)
        maps[graph.input.name] = normalize(picture, real.preprocessing)[None]
        return values, windows_of(graph.convs, maps, random)

    for values, windows in in_parallel(look, range(len(pictures))):
        for name, histogram in histograms.items():
            histogram.add(values[name])
        for name, found in windows.items():
            moments[name].add(found)
        advance()
    return _Seen(histograms, moments)


_SEED = 20180113
