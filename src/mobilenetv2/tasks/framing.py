"""What of a picture a network sees, and as which numbers."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.preprocessing import Preprocessing

Pixels = npt.NDArray[np.uint8]

Region = tuple[float, float, float, float]
"""(left, top, right, bottom) in pixels."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for the network: what decoding hands over to running."""

    inputs: tuple[Pixels, ...] = field(repr=False)
    """uint8 [height, width, 3], one for each scale."""
    size: tuple[int, int]
    """(height, width) in pixels of the original picture."""


def seen_region(picture: tuple[int, ...], preprocessing: Preprocessing) -> Region:
    """What part of a picture of (height, width) `picture` fills the network's input.

    Inside the picture where the fit is "crop", all of it for "squash"; for "pad" it reaches
    beyond the right or the bottom edge, to where the padding ends.

    Returns:
        (left, top, right, bottom) in pixels of the picture.
    """
    height, width = preprocessing.size
    if preprocessing.fit == "squash":
        return 0.0, 0.0, float(picture[1]), float(picture[0])
    if preprocessing.fit == "pad":
        inner_height, inner_width = fitted_size(picture, preprocessing.size)
        return 0.0, 0.0, picture[1] * width / inner_width, picture[0] * height / inner_height
    scale = max(
        height / preprocessing.crop_fraction / picture[0],
        width / preprocessing.crop_fraction / picture[1],
    )
    scaled_height = max(height, round(picture[0] * scale))
    scaled_width = max(width, round(picture[1] * scale))
    top, left = (scaled_height - height) // 2, (scaled_width - width) // 2
    return (
        left * picture[1] / scaled_width,
        top * picture[0] / scaled_height,
        (left + width) * picture[1] / scaled_width,
        (top + height) * picture[0] / scaled_height,
    )


def fitted_size(picture: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a picture of (height, width) `picture`, as large as fits into `size`."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    return (
        min(size[0], max(1, round(picture[0] * scale))),
        min(size[1], max(1, round(picture[1] * scale))),
    )


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
