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

WIDEST = 1536
"""Numbers that a covariance is kept of; SSD's 3x3 predictors read 11520."""

WINDOWS = 48
"""Taken at random places from each picture's map: neighbors tell each other's story."""


@dataclass(slots=True)
class Moments:
    """Of what kernels are multiplied with.

    A depthwise convolution has a kernel for each channel, [channels, taps]. Any other has one,
    [1, in * taps], or where that is too wide several that are taken for independent.
    """

    depthwise: bool
    count: int
    total: Doubles
    """[kernels, numbers]."""
    products: Doubles
    """[kernels, numbers, numbers], of what differs from `origin`."""
    origin: Doubles
    """[kernels, numbers], the first windows' mean. Products are float32: of numbers that hardly
    change beside their size, and of those of one picture, nothing but its last digits would be
    left, and no covariance."""

    @classmethod
    def none(cls, kernels: int, numbers: int, *, depthwise: bool) -> "Moments":
        """Those of no window yet."""
        total, origin = np.zeros((2, kernels, numbers))
        return cls(depthwise, 0, total, np.zeros((kernels, numbers, numbers)), origin)

    @property
    def mean(self) -> Doubles:
        """[kernels, numbers]."""
        return self.total / self.count

    @property
    def covariance(self) -> Doubles:
        """[kernels, numbers, numbers]."""
        apart = self.mean - self.origin
        covariance: Doubles = self.products / self.count - apart[:, :, None] * apart[:, None, :]
        return covariance

    def by_kernel(self, values: Doubles) -> Doubles:
        """[kernels, outputs, numbers] from a weight's [out, in / groups, height, width]."""
        kernels, numbers = self.total.shape
        if self.depthwise:
            return values.reshape(kernels, 1, numbers)
        return values.reshape(-1, kernels, numbers).transpose(1, 0, 2)

    def as_weight(self, values: Doubles) -> Doubles:
        """[out, numbers] from [kernels, outputs, numbers]."""
        if self.depthwise:
            return values[:, 0]
        return values.transpose(1, 0, 2).reshape(values.shape[1], -1)

    def add(self, windows: Array) -> None:
        """Count more windows, [kernels, windows, numbers]."""
        if not self.count:
            self.origin = windows.mean(1, dtype=np.float32).astype(np.float64)
        self.count += windows.shape[1]
        self.total += windows.sum(1, dtype=np.float64)
        apart = windows - self.origin[:, None].astype(np.float32)
        self.products += apart.transpose(0, 2, 1) @ apart


def no_moments(conv: Conv) -> Moments:
    """Those of no window yet."""
    kernels, numbers = _kernels(conv)
    return Moments.none(kernels, numbers, depthwise=conv.depthwise)


def _kernels(conv: Conv) -> tuple[int, int]:
    """(how many there are, numbers of each)."""
    taps = conv.kernel[0] * conv.kernel[1]
    if conv.depthwise:
        return conv.in_channels, taps
    parts = (
        parts
        for parts in range(1, conv.in_channels + 1)
        if conv.in_channels % parts == 0 and conv.in_channels // parts * taps <= WIDEST
    )
    count = next(parts, conv.in_channels)
    return count, conv.in_channels // count * taps


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
    kernels, numbers = _kernels(conv)
    return np.ascontiguousarray(stacked.reshape(count, kernels, numbers).transpose(1, 0, 2))
