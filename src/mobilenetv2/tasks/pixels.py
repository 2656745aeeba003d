"""Pictures as arrays, and the numbers that they are to a network."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.preprocessing import Preprocessing

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for the network: what decoding hands over to running."""

    inputs: tuple[Pixels, ...] = field(repr=False)
    """uint8 [height, width, 3], one for each scale."""
    size: tuple[int, int]
    """(height, width) in pixels of the original picture."""


def normalize(pixels: Pixels, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """`(v / 255 - mean) / std` for each channel, float32."""
    std = np.array(preprocessing.std, np.float32)
    factor = np.float32(1 / 255) / std
    offset = np.array(preprocessing.mean, np.float32) / std
    normalized: npt.NDArray[np.float32] = pixels * factor - offset
    return normalized


def pixel_values(preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """What `normalize` makes of each value of each color, float32 [3, 256]."""
    every_value = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    return np.ascontiguousarray(normalize(every_value, preprocessing)[:, 0].T)
