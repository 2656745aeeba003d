"""A foreign file after translation, before anything is decided about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.exported import Exported
from mobilenetv2.weights.foreign import Runtime
from mobilenetv2.weights.quantized import Quantization
from mobilenetv2.weights.recognize.feed import Input
from mobilenetv2.weights.recognize.layers import Clamp, Doubles, Layer
from mobilenetv2.weights.recognize.view import View

ReadIntegers = Callable[[Graph, Mapping[str, Layer]], Quantization]
"""From our graph, and the layer that each of its nodes was found to be, to a file's integers.

Raises CheckpointError where its arithmetic is not that of a quantised network of ours.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """What a file says of itself, and its layers by the names of their tensors."""

    exported: Exported
    layers: Mapping[str, Layer] = field(repr=False)
    ranges: Mapping[str, Clamp] = field(repr=False)
    """(lowest, highest) that the integers of a map can say, for tensors that hold integers."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What a file that decodes its own boxes says of its anchors."""

    anchors: Doubles
    """Float64 [anchors, 4]: center y and x, height and width in shares of the picture."""
    rounding: float
    """How far quantisation may have moved each of these numbers."""
    box_scales: tuple[float, float, float, float]
    """What (y, x, height, width) offsets are divided by."""
    classes: int
    """Without the background."""
    tensors: tuple[int, ...]
    """The file's numbers of its raw boxes and classes, which stand for its outputs here."""


@dataclass(frozen=True, slots=True, eq=False)
class ForeignNetwork:
    """What a file computes, in layers of no format, and how it wants its input."""

    format: str
    """For people: "TFLite, int8 per channel"."""
    runtime: Runtime | None
    """None where no package runs such files; `unproved` then says so."""
    input: Input
    outputs: tuple[View, ...]
    operations: tuple[str, ...]
    """The file's own names of its operations, in order, for messages."""
    kept: tuple[int, ...] | None = None
    """Which of the file's outputs `outputs` are; None for all of them, in their order."""
    output_quantization: tuple[tuple[float, float] | None, ...] = ()
    """(scale, zero point) of each output of integers whose type does not carry them."""
    labels: tuple[str, ...] | None = None
    license: str = "unknown"
    author: str = ""
    notes: tuple[str, ...] = ()
    integers: ReadIntegers | None = None
    """None for a file that holds no weights of eight bits."""
    ranges: Mapping[Layer, Clamp] = field(default_factory=dict, repr=False)
    """(lowest, highest) that the integers of a map can say, for layers kept in integers."""
    described: Described | None = None
    """None for a file that does not say which network it holds."""
    decoding: Decoding | None = None
    """Of a detector that decodes its boxes; `outputs` are then what it decodes."""
    unproved: str = ""
    """Why there is no runtime to prove the file with; empty where there is one."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The outputs without their axes."""
        return tuple(view.layer for view in self.outputs)
