"""Layers from operations, simplified on the way.

A batch norm, a bias or a clip after a convolution becomes part of it, zeros padded before a
convolution become its pads, arithmetic on the picture becomes its normalisation. So exporters
that say the same thing in different words end at the same layers.
"""

from dataclasses import replace
from math import inf
from typing import Literal

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.builder import same_pads
from mobilenetv2.network.graph import Pads, Shape, window_output
from mobilenetv2.weights.recognize.layers import (
    FREE,
    RELU6,
    Alignment,
    Average,
    Clamp,
    Convolution,
    Doubles,
    Kernel,
    Layer,
    Padding,
    Picture,
    Resize,
    Sum,
    Unknown,
    ancestry,
)

STEP = 0.03
"""How far rounding moves the end of a range: one of 255 steps from 0 to 6 is 0.024."""
MAX_CHANNELS = 65536
MAX_RESIZED_SIDE = 4096
"""Pixels. Nothing is resized to more than the picture, and pictures have at most half of it."""
Same = Literal["same", "same_lower", "valid"]


def convolution(
    source: Layer,
    weight: Kernel,
    bias: Doubles | None,
    *,
    tensor: str,
    gain: Doubles | None = None,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    padding: Same | Pads = "valid",
) -> Layer:
    """A convolution of `source`; zeros padded just before it are taken in.

    Raises:
        CheckpointError: channels that do not fit, or a window larger than its map.
    """
    try:
        pads = _resolve(source.shape, weight, stride, dilation, padding, tensor)
        if isinstance(source, Padding):
            pads = Pads(*(a + b for a, b in zip(pads, source.pads, strict=True)))
            source = source.source
        if isinstance(source, Picture) and source.order != (0, 1, 2):
            if sorted(source.order) != [0, 1, 2] or weight.ndim != 4 or weight.shape[1] != 3:
                return Unknown(tensor, source.shape, "a choice of colors", (source,))
            source, weight = _in_the_files_order(source, weight)
        _check_weight(source, weight, bias, groups, tensor)
        height, width = _output_size(source.shape, weight, stride, dilation, pads, tensor)
    except CheckpointError:
        # Behind an unknown operation shapes are guesses, so a misfit proves nothing.
        if any(isinstance(layer, Unknown) for layer in ancestry((source,))):
            return Unknown(tensor, source.shape, "a convolution", (source,))
        raise
    out = weight.shape[0]
    factor = source.factor if isinstance(source, Average) else 1.0
    return Convolution(
        tensor=tensor,
        shape=Shape(height, width, out),
        source=source,
        weight=weight,
        gain=np.full(out, factor) if gain is None else gain * factor,
        bias=np.zeros(out) if bias is None else bias.astype(np.float64),
        stride=stride,
        dilation=dilation,
        groups=groups,
        pads=pads,
    )


def affine(layer: Layer, gain: Doubles, offset: Doubles, tensor: str) -> Layer:
    """`layer * gain + offset`, channel by channel (float64 [channels] each)."""
    match layer:
        case Picture():
            return replace(layer, gain=layer.gain * gain, offset=layer.offset * gain + offset)
        case Convolution() if layer.clamp == FREE:
            bias = layer.bias * gain + offset
            return replace(layer, tensor=tensor, gain=layer.gain * gain, bias=bias)
        case Average() if not offset.any() and (gain == gain[0]).all():
            return replace(layer, tensor=tensor, factor=layer.factor * float(gain[0]))
        case _ if not offset.any() and (gain == 1).all():
            return layer
        case Average() | Convolution() if layer.shape[:2] == (1, 1):
            # A batch norm in a classifier's head: a layer of one number a channel.
            kernel = np.ones((len(gain), 1, 1, 1), np.float32)
            return convolution(layer, kernel, offset, tensor=tensor, gain=gain, groups=len(gain))
        case _:
            return Unknown(tensor, layer.shape, "arithmetic with a constant", (layer,))


def reorder(layer: Layer, order: tuple[int, ...], tensor: str) -> Layer:
    """The channels of a layer in this order, some of them perhaps left out."""
    channels = layer.shape.channels
    if order == tuple(range(channels)):
        return layer
    if not isinstance(layer, Picture) or not all(0 <= place < channels for place in order):
        return Unknown(tensor, layer.shape, "another order of channels", (layer,))
    places = list(order)
    return replace(
        layer, shape=layer.shape._replace(channels=len(order)), gain=layer.gain[places],
        offset=layer.offset[places], order=tuple(layer.order[place] for place in order),
    )  # fmt: skip


def clip(layer: Layer, low: float, high: float, tensor: str) -> Layer:
    """`layer` limited to low..high."""
    if (low, high) == FREE:
        return layer
    if isinstance(layer, Picture) and _holds_every_pixel(layer, low, high):
        return layer
    if isinstance(layer, Convolution | Sum):
        below, above = (min(max(limit, low), high) for limit in layer.clamp)
        return replace(layer, tensor=tensor, clamp=(below, above))
    return Unknown(tensor, layer.shape, f"a clip to {low:g}..{high:g}", (layer,))


def add(first: Layer, second: Layer, tensor: str) -> Layer:
    """The sum of two layers of one shape."""
    if first.shape != second.shape:
        return Unknown(tensor, first.shape, "an addition with broadcasting", (first, second))
    return Sum(tensor, first.shape, first, second)


def pad(layer: Layer, pads: Pads, tensor: str) -> Layer:
    """Zeros around a layer."""
    if not any(pads):
        return layer
    if min(pads) < 0 or max(pads) > MAX_CHANNELS:
        raise CheckpointError(f"{tensor}: pads must be from 0 to {MAX_CHANNELS}, got {pads}")
    height, width, channels = layer.shape
    shape = Shape(height + pads.top + pads.bottom, width + pads.left + pads.right, channels)
    if isinstance(layer, Padding):
        both = Pads(*(a + b for a, b in zip(pads, layer.pads, strict=True)))
        return Padding(tensor, shape, layer.source, both)
    return Padding(tensor, shape, layer, pads)


def average(layer: Layer, tensor: str, factor: float = 1.0) -> Layer:
    """The mean over height and width, times `factor`."""
    if isinstance(layer, Padding | Unknown):
        return Unknown(tensor, Shape(1, 1, layer.shape.channels), "an average", (layer,))
    return Average(tensor, Shape(1, 1, layer.shape.channels), layer, factor)


def resize(layer: Layer, size: tuple[int, int], alignment: Alignment, tensor: str) -> Layer:
    """Bilinear interpolation to (height, width); a map that has this size is left as it is."""
    if size == layer.shape[:2]:
        return layer
    shape = Shape(*size, layer.shape.channels)
    if isinstance(layer, Padding) or not 1 <= min(size) <= max(size) <= MAX_RESIZED_SIDE:
        return Unknown(tensor, layer.shape, f"a resize to {size[0]}x{size[1]}", (layer,))
    # A single pixel is everywhere the same, wherever its center lies.
    return Resize(tensor, shape, layer, "corners" if layer.shape[:2] == (1, 1) else alignment)


def saturation(scale: float, zero_point: int, dtype: str) -> Clamp:
    """What a quantised result from 0 on cuts off: some converters leave ReLU and ReLU6 to it.

    A range that ends before 6 is one that the calibration pictures never left.
    """
    low, high = stored_range(scale, zero_point, dtype)
    if low != 0:
        return FREE
    return RELU6 if high < 6 + STEP else (0.0, inf)


def stored_range(scale: float, zero_point: float, dtype: str) -> Clamp:
    """(lowest, highest) that integers can say."""
    limits = np.iinfo(dtype)
    return (limits.min - zero_point) * scale, (limits.max - zero_point) * scale


def _holds_every_pixel(picture: Picture, low: float, high: float) -> bool:
    """Whether limits leave pixels alone, be they 0..255 or 0..1 where the file receives them."""
    return any(
        low <= float(end.min()) <= float(end.max()) <= high
        for white in (255, 1)
        for end in [np.stack([picture.offset, picture.gain * white + picture.offset])]
    )


def _in_the_files_order(picture: Picture, weight: Kernel) -> tuple[Picture, Kernel]:
    """A picture whose channels were turned around, and the weight that reads it, turned back."""
    back = [picture.order.index(channel) for channel in range(3)]
    straight = replace(
        picture, gain=picture.gain[back], offset=picture.offset[back], order=(0, 1, 2),
        turned=picture.order == (2, 1, 0),
    )  # fmt: skip
    return straight, weight[:, back]


def _resolve(
    shape: Shape,
    weight: Kernel,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Same | Pads,
    tensor: str,
) -> Pads:
    if weight.ndim != 4 or 0 in weight.shape:
        raise CheckpointError(
            f"{tensor}: a convolution's weight must have four dimensions, got {weight.shape}"
        )
    if min(*stride, *dilation) < 1 or max(*stride, *dilation) > MAX_CHANNELS:
        raise CheckpointError(
            f"{tensor}: stride and dilation must be at least 1, got {stride} and {dilation}"
        )
    if padding == "valid":
        return Pads()
    if isinstance(padding, Pads):
        if min(padding) < 0 or max(padding) > MAX_CHANNELS:
            raise CheckpointError(f"{tensor}: pads must be from 0 to {MAX_CHANNELS}, got {padding}")
        return padding
    vertical = same_pads(shape.height, weight.shape[2], stride[0], dilation[0])
    horizontal = same_pads(shape.width, weight.shape[3], stride[1], dilation[1])
    if padding == "same_lower":
        return Pads(*vertical[::-1], *horizontal[::-1])
    return Pads(*vertical, *horizontal)


def _output_size(
    shape: Shape,
    weight: Kernel,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pads: Pads,
    tensor: str,
) -> tuple[int, int]:
    kernel = weight.shape[2:]
    sums = (pads.top + pads.bottom, pads.left + pads.right)
    height, width = (
        window_output(shape[axis], kernel[axis], stride[axis], dilation[axis], sums[axis])
        for axis in (0, 1)
    )
    if min(height, width) < 1:
        raise CheckpointError(f"{tensor}: a window of {kernel} does not fit a map of {shape[:2]}")
    return height, width


def _check_weight(
    source: Layer, weight: Kernel, bias: Doubles | None, groups: int, tensor: str
) -> None:
    out, inner = weight.shape[:2]
    fits = groups >= 1 and inner * groups == source.shape.channels and out % groups == 0
    if not fits or out > MAX_CHANNELS:
        raise CheckpointError(
            f"{tensor}: a weight of {weight.shape} in {groups} groups does not fit a map of "
            f"{source.shape.channels} channels"
        )
    if bias is not None and bias.shape != (out,):
        raise CheckpointError(f"{tensor}: a bias must be [{out}], got {list(bias.shape)}")
