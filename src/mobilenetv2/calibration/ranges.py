"""From what a map holds to what its bytes stand for."""

from typing import Literal, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.calibration.observe import BINS, Histogram
from mobilenetv2.weights.quantized import MAP_SCALES, Affine

RangeMethod = Literal["extremes", "percentile", "least squares"]
LEVELS = 255
PERCENTILE = 99.99
CANDIDATES = 64
"""Ends that are tried on each side."""

Doubles = npt.NDArray[np.float64]


def scale_of(low: float, high: float) -> float:
    """The step of 256 bytes that hold [low, high] and 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    smallest, largest = MAP_SCALES
    # A map that is 0 throughout may have any scale.
    scale = min(max((high - low) / LEVELS, smallest * 1e3), largest) if high > low else 1.0
    return float(np.float32(scale))


def affine_of(low: float, high: float, scale: float | None = None) -> Affine:
    """The affine that holds [low, high] and 0 exactly; the finest, or one of that scale."""
    scale = scale_of(low, high) if scale is None else scale
    return Affine(scale, int(np.clip(round(-min(low, 0.0) / scale), 0, LEVELS)))


def choose_range(histogram: Histogram, method: RangeMethod) -> tuple[float, float]:
    """The ends that a method gives a map.

    Args:
        histogram: of its values.
        method: "extremes" cuts nothing off; "percentile" leaves what lies beyond 99.99 %;
            "least squares" makes the squared error of rounding and cutting the least.
    """
    match method:
        case "extremes":
            return histogram.low, histogram.high
        case "percentile":
            return _percentile(histogram)
        case "least squares":
            return _least_squares(histogram)
        case _:
            assert_never(method)


def _percentile(histogram: Histogram) -> tuple[float, float]:
    total = histogram.counts.sum()
    if total == 0:
        return histogram.low, histogram.high
    cumulative = np.cumsum(histogram.counts) / total
    width = (histogram.high - histogram.low) / BINS
    low = int(np.searchsorted(cumulative, 1 - PERCENTILE / 100))
    high = int(np.searchsorted(cumulative, PERCENTILE / 100)) + 1
    return histogram.low + low * width, histogram.low + min(high, BINS) * width


def _least_squares(histogram: Histogram) -> tuple[float, float]:
    """One end after the other, as both seldom have to give way."""
    low, high = histogram.low, histogram.high
    if histogram.counts.sum() == 0 or high <= low:
        return low, high
    centers = low + (np.arange(BINS) + 0.5) * (high - low) / BINS
    used = histogram.counts > 0
    values, weights = centers[used], histogram.counts[used].astype(np.float64)
    shares = np.linspace(0.2, 1.0, CANDIDATES)
    best = (low, high)
    for _ in range(2):
        best = (_best(values, weights, low * shares, np.full(CANDIDATES, best[1]))[0], best[1])
        best = (best[0], _best(values, weights, np.full(CANDIDATES, best[0]), high * shares)[1])
    return best


def _best(values: Doubles, weights: Doubles, lows: Doubles, highs: Doubles) -> tuple[float, float]:
    """Of several ends those with the least squared error of storing `values`.

    Inside the range rounding errs by a twelfth of a step squared, whatever the value: bins are
    too wide to show more.
    """
    lows, highs = np.minimum(lows, 0), np.maximum(highs, 0)
    beyond = np.maximum(lows[:, None] - values, 0) + np.maximum(values - highs[:, None], 0)
    steps = (highs - lows) / LEVELS
    errors = np.square(beyond) @ weights + (beyond == 0) @ weights * np.square(steps) / 12
    chosen = int(np.argmin(errors))
    return float(lows[chosen]), float(highs[chosen])
