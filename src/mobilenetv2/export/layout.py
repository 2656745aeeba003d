"""How runtimes lay out a picture's tensor, and the way from ours (NHWC) and back."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.graph import Shape

Layout = Literal["nhwc", "nchw"]


def from_nhwc(images: npt.NDArray[Any], layout: Layout) -> npt.NDArray[Any]:
    """[N, height, width, channels] as a contiguous array of that layout."""
    return np.ascontiguousarray(images if layout == "nhwc" else images.transpose(0, 3, 1, 2))


def to_nhwc(values: npt.NDArray[Any], layout: Layout, shape: Shape) -> npt.NDArray[np.float32]:
    """A map of one picture as float32 [1, height, width, channels].

    Args:
        values: of that layout; axes of size one may be missing, as in a classifier's [1, classes].
        layout: of `values`.
        shape: of the node that the map belongs to.
    """
    height, width, channels = shape
    if layout == "nchw":
        values = values.reshape(1, channels, height, width).transpose(0, 2, 3, 1)
    return values.reshape(1, height, width, channels).astype(np.float32, copy=False)
