"""What every convolution reads on calibration pictures: means and covariances of its windows.

Rounding a weight by e changes an output by e times what it is multiplied with. How such changes
add up or cancel over a window is in these covariances, and their mean is what a bias can mend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.reference import pad
from mobilenetv2.network.graph import Conv
from mobilenetv2.weights.checkpoint import Array

Doubles = npt.NDArray[np.float64]

WINDOWS = 48
"""Taken at random places from each picture's map: neighbors tell each other's story."""


@dataclass(slots=True)
class Moments:
    """Of what one kernel is multiplied with: [1, in * taps] for all channels together, or
    [channels, taps] for a depthwise convolution, whose channels are apart.
    """

    count: int
    total: Doubles
    """[kernels, numbers]."""
    products: Doubles
    """[kernels, numbers, numbers]."""

    @property
    def mean(self) -> Doubles:
        """[kernels, numbers]."""
        return self.total / self.count

    @property
    def covariance(self) -> Doubles:
        """[kernels, numbers, numbers]."""
        mean = self.mean
        covariance: Doubles = self.products / self.count - mean[:, :, None] * mean[:, None, :]
        return covariance

    def add(self, windows: Array) -> None:
        """Count more windows, [kernels, windows, numbers]."""
        self.count += windows.shape[1]
        self.total += windows.sum(1, dtype=np.float64)
        self.products += windows.transpose(0, 2, 1) @ windows


def no_moments(conv: Conv) -> Moments:
    """Those of no window yet."""
    taps = conv.kernel[0] * conv.kernel[1]
    shape = (conv.in_channels, taps) if conv.depthwise else (1, conv.in_channels * taps)
    return Moments(0, np.zeros(shape), np.zeros((*shape, shape[1])))


def windows_of(
    convs: Sequence[Conv], maps: Mapping[str, Array], random: np.random.Generator
) -> dict[str, Array]:
    """Windows of one picture by convolution; grouped ones that are not depthwise are left out.

    Args:
        convs: those to look at.
        maps: of all nodes, float32 [1, height, width, channels].
        random: chooses the places.
    """
    return {
        conv.name: sample_windows(conv, maps[conv.source], random)
        for conv in convs
        if conv.depthwise or conv.groups == 1
    }


def sample_windows(conv: Conv, source: Array, random: np.random.Generator) -> Array:
    """Windows at random places, in the order of a weight's numbers: [kernels, windows, numbers]."""
    height, width, _ = conv.shape
    count = min(WINDOWS, height * width)
    places = random.choice(height * width, count, replace=False)
    rows, columns = places // width * conv.stride, places % width * conv.stride
    padded = pad(source, conv.pads)[0]
    taps = [
        padded[rows + row * conv.dilation, columns + column * conv.dilation]
        for row in range(conv.kernel[0])
        for column in range(conv.kernel[1])
    ]
    stacked = np.stack(taps, axis=2)
    if conv.depthwise:
        return np.ascontiguousarray(stacked.transpose(1, 0, 2))
    return stacked.reshape(1, count, -1)
