"""A network that sees no colors: shown grey in training, and grey of itself ever after.

Grey is a sum of red, green and blue by fixed shares, and so is what the first layer does with them:
its weights are multiplied out. Pictures stay RGB for whoever runs the network, in any format.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Weights

if TYPE_CHECKING:
    from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue (ITU-R BT.601), as Pillow makes a picture grey."""

FIRST_LAYER = "stem.weight"


def colorless(preprocessing: Preprocessing) -> Preprocessing:
    """With one mean and one deviation for all channels, as grey has one value."""
    mean, std = fmean(preprocessing.mean), fmean(preprocessing.std)
    return replace(preprocessing, mean=(mean,) * 3, std=(std,) * 3)


def in_grey(images: Tensor) -> Tensor:
    """The network's input without colors: three equal channels, [N, 3, height, width].

    Args:
        images: normalized alike in all channels, so that sums of shares stay normalized.
    """
    import torch  # here: a dry run, which looks at what is said of grey, needs none

    shares = images.new_tensor(LUMA)[:, None, None]
    grey = (images * shares).sum(1, keepdim=True)
    return grey.expand_as(images).contiguous(memory_format=torch.channels_last)


def seeing_grey(weights: Weights) -> Weights:
    """Weights that make of colors what the given ones make of grey."""
    stem = weights[FIRST_LAYER]
    shares = np.array(LUMA, np.float32)[None, :, None, None]
    return {**weights, FIRST_LAYER: stem.sum(1, keepdims=True) * shares}


def sees_grey(weights: Weights) -> bool:
    """Whether weights are such, within what a file in halves rounds away."""
    stem = weights.get(FIRST_LAYER)
    if stem is None or stem.shape[1] != len(LUMA):
        return False
    shares = stem / np.array(LUMA, np.float32)[None, :, None, None]
    apart = np.abs(shares - shares.mean(1, keepdims=True)).max()
    return bool(apart < 0.005 * np.abs(shares).max())
