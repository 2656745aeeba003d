"""How a pixel reaches a file's input tensor, and what that makes of the preprocessing."""

from dataclasses import dataclass, replace
from math import isclose
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Padding
from mobilenetv2.preprocessing import TENSORFLOW, TORCHVISION, Preprocessing
from mobilenetv2.weights.quantized import Affine
from mobilenetv2.weights.recognize.color_order import BLUE_FIRST, order_of_colors, red_first
from mobilenetv2.weights.recognize.layers import Doubles, Picture
from mobilenetv2.weights.recognize.view import NHWC, Axis

MAX_SIDE = 2048
"""Pixels. The maps of a larger picture would not fit the memory of most machines."""
PIXELS_UP_TO = 0.1
"""A graph that multiplies its input by less expects pixels in 0..255, else 0..1.

1 / 127.5 and 1 / (255 * 0.225) lie below; 2 and 1 / 0.229 above.
"""
MEAN_UP_TO = 2.0
"""A graph that takes more than this from its input, and scales it by little, knows pixels in
0..255 too: 127.5, or the 123.68 of Caffe, which divides by nothing.
"""

OTHERWISE = (
    "if it was trained otherwise, say so: convert --mean ... --std ... (0 and 1 for v / 255)"
)
ASSUMED = (
    "the file does not say how pixels are normalised: assumed [-1, 1], as Keras' own "
    f"preprocess_input makes them; {OTHERWISE}"
)
"""Of a Keras file that leaves it to whoever calls the model."""
ASSUMED_TORCH = (
    "a state dict does not say how pixels are normalised: assumed ImageNet mean and standard "
    f"deviation, as torchvision's own transforms do; {OTHERWISE}"
)

GREY = (
    ", which are grey pictures. Import the Keras or torch file it was made from: a grey stem is "
    "spread over the colors there"
)
"""Behind an input of one channel."""

GRID_TOLERANCE = 1e-3
"""Of a step: over 255 pixels this adds up to a quarter of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """A file's input tensor.

    `gain` and `offset` turn a pixel 0..255 into what the file stores, where that is known from
    its type or its metadata; None for float files that say nothing.
    """

    dtype: str
    axes: tuple[Axis, ...]
    gain: Doubles | None = None
    offset: Doubles | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """The input tensor of a file from pixels: `v * gain + offset` for v in 0..255, by channel."""

    dtype: str
    axes: tuple[Axis, ...]
    gain: Doubles
    offset: Doubles
    blue_first: bool = False
    """Whether the file's first channel is blue."""

    def giving(self, preprocessing: Preprocessing, picture: Picture) -> "Feed":
        """The feed of floats whose picture is what this preprocessing makes; integers stay."""
        if np.issubdtype(np.dtype(self.dtype), np.integer):
            return self
        mean, std = np.array(preprocessing.mean), np.array(preprocessing.std)
        if self.blue_first:
            mean, std = mean[::-1], std[::-1]
        return replace(self, offset=(-mean / std - picture.offset) / picture.gain)

    def arrange(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.generic]:
        """A picture, uint8 [height, width, 3], as the file wants it, with a batch of one."""
        colors = image[..., ::-1] if self.blue_first else image
        values = colors[None] * self.gain + self.offset
        if np.issubdtype(np.dtype(self.dtype), np.integer):
            limits = np.iinfo(self.dtype)
            values = np.clip(np.rint(values), limits.min, limits.max)
        order = [NHWC.index(axis) for axis in self.axes]
        return np.ascontiguousarray(values.transpose(order).astype(self.dtype))


def resolve(source: Input, picture: Picture, padding: Padding) -> tuple[Feed, Preprocessing, str]:
    """Decide how to feed a file, what preprocessing that is, and say why in one sentence.

    Raises:
        CheckpointError: arithmetic at the input that no normalisation of pixels does.
    """
    plain = (picture.gain == 1).all() and not picture.offset.any()
    if source.gain is not None and source.offset is not None:
        gain, offset = source.gain, source.offset
        reason = f"input normalisation from the file's {source.dtype} input"
    elif not plain:
        highest = pixels_up_to(picture.gain, picture.offset)
        gain, offset = np.full(3, highest / 255), np.zeros(3)
        reason = f"normalisation inside the graph, of pixels in 0..{highest}"
    else:
        known = TENSORFLOW if padding == "tensorflow" else TORCHVISION
        gain = 1 / (255 * np.array(known.std))
        offset = -np.array(known.mean) / np.array(known.std)
        name = "[-1, 1]" if padding == "tensorflow" else "ImageNet mean and standard deviation"
        reason = (
            f"the file does not say how pixels are normalised: assumed {name}, as is usual with "
            f"its {padding} padding; {OTHERWISE}"
        )
    feed = Feed(source.dtype, source.axes, gain, offset)
    preprocessing = _preprocessing(feed, picture)
    said = order_of_colors(preprocessing, turned=picture.turned)
    reason += f"; {said}" if said else ""
    if said in BLUE_FIRST:
        return replace(feed, blue_first=True), red_first(preprocessing), reason
    return feed, preprocessing, reason


def pixels_up_to(gain: Doubles, offset: Doubles) -> Literal[1, 255]:
    """What white is in a graph that makes `v * gain + offset` of its input: 255 or 1."""
    largest = float(np.abs(gain).max())
    taken = float(np.abs(offset).max())
    return 255 if largest < PIXELS_UP_TO or taken > MEAN_UP_TO * largest else 1


def normalization(gain: Doubles, offset: Doubles, size: tuple[int, int]) -> Preprocessing:
    """The preprocessing that makes `v * gain + offset` of a pixel v in 0..255.

    Raises:
        CheckpointError: a gain that is not positive, or numbers that are not finite.
    """
    if not (np.isfinite(gain).all() and np.isfinite(offset).all() and (gain > 0).all()):
        raise CheckpointError(
            f"a picture's normalisation must multiply by positive numbers, got {gain.tolist()} "
            f"and adds {offset.tolist()}; take that out of the model, and give it the pictures "
            "that it makes (negatives, where it multiplies by less than 0)"
        )
    std = 1 / (255 * gain)
    return Preprocessing(size=size, mean=_three(-offset * std), std=_three(std))


def _preprocessing(feed: Feed, picture: Picture) -> Preprocessing:
    gain = feed.gain * picture.gain
    offset = feed.offset * picture.gain + picture.offset
    height, width, _ = picture.shape
    return normalization(gain, offset, (height, width))


def on_grid(preprocessing: Preprocessing, stored: Affine) -> Preprocessing:
    """So that every value of a pixel meets an integer of its own, where there are enough of them.

    With a zero point half a pixel off, all values would lie in the middle between two integers,
    and rounding would make pairs of them one.

    Args:
        preprocessing: as the network was trained.
        stored: what the integers of its input stand for.
    """
    std, mean = np.array(preprocessing.std), np.array(preprocessing.mean)
    steps, first = 1 / (255 * std * stored.scale), stored.zero_point - mean / (std * stored.scale)
    whole = np.rint(first * (1 - GRID_TOLERANCE))  # a half goes to the smaller number
    if np.abs(steps - 1).max() > GRID_TOLERANCE or np.abs(first - whole).max() < GRID_TOLERANCE:
        return preprocessing
    return replace(preprocessing, mean=_three((stored.zero_point - whole) * std * stored.scale))


def _three(values: Doubles) -> tuple[float, float, float]:
    """Without the dust of float32 arithmetic where a short decimal is meant."""
    short = [round(float(value), 6) for value in values]
    tidy = [
        a if isclose(a, b, rel_tol=3e-7, abs_tol=1e-9) else b
        for a, b in zip(short, values, strict=True)
    ]
    red, green, blue = (float(value) for value in tidy)
    return red, green, blue
