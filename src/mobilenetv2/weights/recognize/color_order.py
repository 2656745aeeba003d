"""Which color a file's first channel is: pictures are red first here, in OpenCV they are not."""

from dataclasses import replace

import numpy as np

from mobilenetv2.preprocessing import TORCHVISION, Preprocessing

TOLERANCE = 0.01
"""Of white. ImageNet's means as torchvision, Caffe and CLIP write them are closer together."""

TURNED = (
    "the file turns the three colors around before its first layer: taken as given red first, as "
    "pictures are here"
)
_TURNED_BY_US = (
    ": given blue first, as OpenCV reads pictures; the first layer is turned around, as pictures "
    "are red first here"
)
BLUE_BY_MEANS = (
    f"the means that the file takes are ImageNet's of blue, green and red{_TURNED_BY_US}"
)
BLUE_BY_TURN = (
    "the file turns the three colors around and takes more from the last than from the first"
    f"{_TURNED_BY_US}"
)
BLUE_FIRST = (BLUE_BY_MEANS, BLUE_BY_TURN)


def order_of_colors(preprocessing: Preprocessing, *, turned: bool) -> str:
    """What is to be said of the order of a file's channels; empty for red first and no question.

    Red has the largest mean of ImageNet's three, so theirs the other way round are plain; of a
    file that turns colors around, any that are larger for the last channel than for the first.

    Args:
        preprocessing: by the file's channels, in their order.
        turned: whether the file turns its three channels around.
    """
    apart = np.abs(np.subtract(preprocessing.mean, TORCHVISION.mean[::-1])).max()
    if apart < TOLERANCE:
        return BLUE_BY_MEANS
    first, _, last = preprocessing.mean
    if turned:
        return BLUE_BY_TURN if first < last else TURNED
    return ""


def red_first(preprocessing: Preprocessing) -> Preprocessing:
    """The preprocessing of pictures whose channels are turned around."""
    return replace(preprocessing, mean=preprocessing.mean[::-1], std=preprocessing.std[::-1])
