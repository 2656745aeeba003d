"""Arithmetic on the picture inside a Keras model, made its preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.keras.arithmetic import KERAS_3, Doubles, scaling
from mobilenetv2.weights.keras.colors import CHOICES, COLORS, JOINS, Order, chosen, joins, sources
from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.keras.old_calls import in_keras_3

MAX_COLORS = 3
"""More would be copies of a picture without end."""
LIMITS = "Clip"
KERAS_3_LAYERS = frozenset({*KERAS_3, *COLORS, "Cast", LIMITS})
"""All that Keras 3 makes of calculations with the picture and that is understood."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """What the network receives of a value: `value * gain + offset`, float64 a channel."""

    gain: Doubles
    offset: Doubles
    order: Order = (0, 1, 2)
    """Which of the file's channels each is."""

    @property
    def plain(self) -> bool:
        """Whether the model leaves the values of the picture as they are given."""
        return bool((self.gain == 1).all()) and not self.offset.any()

    @property
    def back(self) -> list[int]:
        """The place of each of the file's channels."""
        return [self.order.index(channel) for channel in range(3)]

    def scaled(self, gain: Doubles, offset: Doubles) -> "Pixels":
        """Times `gain`, plus `offset`."""
        return replace(self, gain=self.gain * gain, offset=self.offset * gain + offset)

    def picked(self, places: Order) -> "Pixels":
        """Some of the channels."""
        at = list(places)
        order = tuple(self.order[place] for place in places)
        return Pixels(self.gain[at], self.offset[at], order)


def fold_pixels(
    layers: Sequence[ConfiguredLayer], arrays: Mapping[str, Mapping[str, Array]], path: Path
) -> Pixels:
    """The arithmetic of the layers before the network, and what they do with the colors.

    Args:
        layers: those before the first convolution.
        arrays: the file's, by the name of their layer, for what a Normalization has learnt.
        path: the file, for messages.

    Raises:
        CheckpointError: an operation on pixels that no scaling by channel is, or a choice of
            colors that is no order of all three.
    """
    pixels = Pixels(np.ones(3), np.zeros(3))
    made: dict[str, Pixels] = {}
    for layer in map(in_keras_3, layers):
        given = [made.get(name, pixels) for name in sources(layer)] or [pixels]
        pixels = _behind(layer, given, arrays, path)
        made[layer.name] = pixels
    if sorted(pixels.order) != [0, 1, 2]:
        raise CheckpointError(
            f"{path}: a network reads red, green and blue, each once; this model makes a picture "
            f"of its channels {', '.join(map(str, pixels.order))} first: take that out of the model"
        )
    return pixels


def _behind(
    layer: ConfiguredLayer,
    given: Sequence[Pixels],
    arrays: Mapping[str, Mapping[str, Array]],
    path: Path,
) -> Pixels:
    """What a layer makes of the pictures that it reads."""
    first = given[0]
    if layer.kind in CHOICES:
        places = chosen(layer, len(first.order))
        if places is not None:
            return first.picked(places)
    elif layer.kind in JOINS:
        order = tuple(channel for part in given for channel in part.order)
        if len(order) <= MAX_COLORS and joins(layer, [part.order for part in given]):
            gain = np.concatenate([part.gain for part in given])
            return Pixels(gain, np.concatenate([part.offset for part in given]), order)
    elif layer.kind == LIMITS:
        if _holds_every_pixel(first, layer):
            return first
    else:
        found = scaling(layer, arrays, path)
        if found is None:
            return first
        if len(first.order) == len(found[0]):
            return first.scaled(*found)
        if all((numbers == numbers[0]).all() for numbers in found):
            return first.scaled(found[0][:1], found[1][:1])
    raise CheckpointError(
        f"{path}: what is done to the picture must be a scaling by channel or a turn of its "
        f"colors, {layer.name} ({layer.kind}) does something else; take it out of the model"
    )


def _holds_every_pixel(pixels: Pixels, layer: ConfiguredLayer) -> bool:
    """Whether limits leave pixels alone, be they 0..255 or 0..1 where the model receives them."""
    low, high = (layer.settings.get(name) for name in ("x_min", "x_max"))
    low, high = (-inf if low is None else low), (inf if high is None else high)
    if not all(isinstance(limit, int | float) for limit in (low, high)):
        return False
    ends = [np.stack([pixels.offset, pixels.gain * white + pixels.offset]) for white in (255, 1)]
    return any(low <= end.min() and end.max() <= high for end in ends)
