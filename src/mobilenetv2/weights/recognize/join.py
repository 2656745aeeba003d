"""Concatenation: maps joined in their channels, or a detector's rows one table after the other."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.recognize.layers import Concat, Layer, Picture, Rows
from mobilenetv2.weights.recognize.simplify import MAX_CHANNELS
from mobilenetv2.weights.recognize.view import View

MAX_PARTS = 64
"""A file that joins what it joined before, again and again, must not double without end."""

COLORS = 3
"""That a picture has."""


def join(views: Sequence[View], position: int, tensor: str) -> View | None:
    """Tensors along one of their axes; None where the parts do not fit or pixels would mix.

    Args:
        views: the parts in order.
        position: of the axis; negative ones count from the end.
        tensor: the result's name in the file.
    """
    if not 1 <= len(views) <= MAX_PARTS:
        return None
    axes, rank = views[0].axes, len(views[0].axes)
    if any(view.axes != axes for view in views) or not -rank <= position < rank:
        return None
    layers = [view.layer for view in views]
    joined: Layer | None = None
    match axes[position % rank]:
        case "c":
            joined = _channels(layers, tensor)
        case "h":
            joined = _rows(layers, tensor)
    return None if joined is None else View(joined, axes)


def _channels(layers: Sequence[Layer], tensor: str) -> Layer | None:
    if len({layer.shape[:2] for layer in layers}) > 1:
        return None
    height, width, _ = layers[0].shape
    channels = sum(layer.shape.channels for layer in layers)
    pictures = [layer for layer in layers if isinstance(layer, Picture)]
    if len(pictures) == len(layers) and channels == COLORS:
        return _colors(pictures)
    if channels > MAX_CHANNELS:
        return None
    return Concat(tensor, Shape(height, width, channels), tuple(layers))


def _colors(parts: Sequence[Picture]) -> Layer:
    """Channels of the picture put together, as a file does that turns them around."""
    gain = np.concatenate([part.gain for part in parts])
    offset = np.concatenate([part.offset for part in parts])
    order = tuple(channel for part in parts for channel in part.order)
    shape = parts[0].shape._replace(channels=len(order))
    return replace(parts[0], shape=shape, gain=gain, offset=offset, order=order)


def _rows(layers: Sequence[Layer], tensor: str) -> Layer | None:
    if any(layer.shape[1:] != (1, layers[0].shape.channels) for layer in layers):
        return None
    maps = [part for layer in layers for part in _maps(layer)]
    if len(maps) > MAX_PARTS:
        return None
    height = sum(layer.shape.height for layer in layers)
    return Rows(tensor, Shape(height, *layers[0].shape[1:]), tuple(maps))


def _maps(layer: Layer) -> tuple[Layer, ...]:
    return layer.maps if isinstance(layer, Rows) else (layer,)
