"""A foreign file after translation, before anything is decided about it."""

from dataclasses import dataclass

from mobilenetv2.weights.foreign import Runtime
from mobilenetv2.weights.neutral.feed import Input
from mobilenetv2.weights.neutral.layers import Layer


@dataclass(frozen=True, slots=True, eq=False)
class ForeignNetwork:
    """What a file computes, in neutral layers, and how it wants its input."""

    format: str
    """For people: "TFLite, int8 per channel"."""
    runtime: Runtime
    input: Input
    outputs: tuple[Layer, ...]
    operations: tuple[str, ...]
    """The file's own names of its operations, in order, for messages."""
    output_quantization: tuple[float, float] | None = None
    """(scale, zero point) where the output is integers whose type does not carry them."""
    labels: tuple[str, ...] | None = None
    license: str = "unknown"
    author: str = ""
    notes: tuple[str, ...] = ()
