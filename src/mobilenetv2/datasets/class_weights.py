"""Weights for a loss when a few classes cover most pixels."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import DatasetError

WeightRule = Literal["median frequency", "inverse log"]


def class_weights(
    pixels: Sequence[int], rule: WeightRule = "median frequency"
) -> npt.NDArray[np.float32]:
    """Weights for a loss in which rare classes count more, float32 [classes], their mean 1.

    "median frequency" is the median of the classes' shares over each class's share (Eigen and
    Fergus, 2015, with shares of all pixels); "inverse log" is 1 / log(1.02 + share) (ENet, 2016),
    which stays within a factor of 36. Classes without a pixel weigh nothing.

    Args:
        pixels: of each class, ignored ones aside.
        rule: see above.

    Raises:
        DatasetError: not one pixel of any class.
    """
    counts = np.array(pixels, np.float64)
    seen = counts > 0
    if not seen.any():
        raise DatasetError("class weights need pixels of at least one class, got none")
    shares = counts / counts.sum()
    weights = np.zeros(len(counts))
    if rule == "median frequency":
        weights[seen] = np.median(shares[seen]) / shares[seen]
    else:
        weights[seen] = 1 / np.log(1.02 + shares[seen])
    weights /= weights[seen].mean()
    return weights.astype(np.float32)
