"""A foreign network once its format is forgotten: layers that point at what they read.

Layers are compared by identity: two of them are the same only if they are one object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.graph import Activation, Pads, Shape

Doubles = npt.NDArray[np.float64]
Kernel = npt.NDArray[np.float32 | np.int8 | np.uint8 | np.int16]
"""Integers are whole steps, whose size is in the gain."""
Clamp = tuple[float, float]
Alignment = Literal["corners", "half_pixel", "asymmetric"]
"""Where the sample points of a resized map lie; "asymmetric" puts the first pixels' upper left
corners onto each other and lets the last ones drift."""
FREE: Clamp = (-inf, inf)
RELU6: Clamp = (0.0, 6.0)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The network's input: what the file receives, times `gain`, plus `offset`, by channel."""

    tensor: str
    shape: Shape
    gain: Doubles
    offset: Doubles
    order: tuple[int, ...] = (0, 1, 2)
    """Which of the file's channels each is, until a convolution has read them."""
    turned: bool = False
    """Whether the network reads the file's three channels the other way round."""


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution with everything that scales, shifts or clips its output channel by channel.

    The weight in effect is `gain * weight`; keeping them apart costs nothing where a file
    repeats an operation a thousand times.
    """

    tensor: str
    shape: Shape
    source: "Layer"
    weight: Kernel
    """[out, in / groups, height, width]."""
    gain: Doubles
    bias: Doubles
    stride: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    pads: Pads
    clamp: Clamp = FREE

    @property
    def depthwise(self) -> bool:
        """Whether every channel is filtered alone."""
        return self.groups == self.source.shape.channels == self.shape.channels > 1


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Two maps of one shape, added."""

    tensor: str
    shape: Shape
    first: "Layer"
    second: "Layer"
    clamp: Clamp = FREE


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """The mean over the whole map, times a factor (an exporter may write a sum, then 1/49)."""

    tensor: str
    shape: Shape
    source: "Layer"
    factor: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Padding:
    """Zeros around a map, waiting for the convolution that reads it."""

    tensor: str
    shape: Shape
    source: "Layer"
    pads: Pads


@dataclass(frozen=True, slots=True, eq=False)
class Concat:
    """Maps of one height and width, one behind the other in their channels."""

    tensor: str
    shape: Shape
    parts: tuple["Layer", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Resize:
    """Bilinear interpolation to another height and width."""

    tensor: str
    shape: Shape
    source: "Layer"
    alignment: Alignment


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Maps read pixel by pixel, each pixel's channels cut into rows of `shape.channels` numbers.

    One map after the other, `shape.height` rows in all: how detectors hand out their boxes.
    """

    tensor: str
    shape: Shape
    maps: tuple["Layer", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Softmax:
    """Probabilities from logits, over the channels, or their logarithms."""

    tensor: str
    shape: Shape
    source: "Layer"
    logarithm: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sigmoid:
    """Scores from logits, each for itself: of a detector, or of a classifier with one output."""

    tensor: str
    shape: Shape
    source: "Layer"


@dataclass(frozen=True, slots=True, eq=False)
class ArgMax:
    """The number of the largest channel, pixel by pixel."""

    tensor: str
    shape: Shape
    source: "Layer"


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """An operation that no MobileNetV2 has; it matters only if an output needs it."""

    tensor: str
    shape: Shape
    operation: str
    sources: tuple["Layer", ...]


Layer = (
    Picture
    | Convolution
    | Sum
    | Average
    | Padding
    | Concat
    | Resize
    | Rows
    | Softmax
    | Sigmoid
    | ArgMax
    | Unknown
)


def sources(layer: Layer) -> tuple[Layer, ...]:
    """What a layer reads."""
    match layer:
        case Picture():
            return ()
        case Sum():
            return (layer.first, layer.second)
        case Concat():
            return layer.parts
        case Rows():
            return layer.maps
        case Unknown():
            return layer.sources
        case _:
            return (layer.source,)


def ancestry(outputs: Sequence[Layer]) -> list[Layer]:
    """Every layer that these need, and they themselves; each once, sources first."""
    found: list[Layer] = []
    seen: set[int] = set()
    waiting = [(layer, False) for layer in reversed(outputs)]
    while waiting:
        layer, ready = waiting.pop()
        if ready:
            found.append(layer)
        elif id(layer) not in seen:
            seen.add(id(layer))
            waiting.append((layer, True))
            waiting += [(source, False) for source in reversed(sources(layer))]
    return found


def activation(clamp: Clamp) -> Activation | None:
    """The paper's name for a clamp, or None where it has none."""
    names: dict[Clamp, Activation] = {FREE: "none", (0.0, inf): "relu", RELU6: "relu6"}
    return names.get(clamp)
