"""A program: steps over tensors that have a place in memory. `native/program.h` is its mirror."""

import struct
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.graph import Shape

MAGIC = 0x32564E42494F4D
VERSION = 2

Part = npt.NDArray[np.generic]

PITCH_MULTIPLE = 8
"""Channels a tensor's pixel takes up are a multiple of this, so that whole vectors are stored."""
ALIGNMENT = 64

Arithmetic = Literal["float32", "uint8"]


def pitch_of(channels: int) -> int:
    """Channels rounded up to whole vectors."""
    return -(-channels // PITCH_MULTIPLE) * PITCH_MULTIPLE


class Tensor(NamedTuple):
    """A map that exists between steps, [height][width][pitch]."""

    name: str
    """The graph node whose result it is."""
    shape: Shape
    pitch: int
    zero_point: int = 0
    scale: float = 1.0

    def bytes(self, arithmetic: Arithmetic) -> int:
        """What it takes up, a multiple of 64."""
        elements = self.shape.height * self.shape.width * self.pitch
        size = elements * (4 if arithmetic == "float32" else 1)
        return -(-size // ALIGNMENT) * ALIGNMENT


class Layer(NamedTuple):
    """One convolution of a step. Offsets are bytes into the program's weights."""

    name: str
    in_channels: int
    out_channels: int
    kernel: tuple[int, int]
    stride: int
    dilation: int
    pad_top: int
    pad_left: int
    low: float
    high: float
    out_zero_point: int
    in_zero_point: int
    weight: int
    bias: int
    multiplier: int = 0
    weight_zero_point: int = 0
    weight_signed: bool = True

    def words(self) -> list[int]:
        """As `native/read_program.cpp` reads it."""
        shape = [self.in_channels, self.out_channels, *self.kernel, self.stride, self.dilation]
        pads = [self.pad_top, self.pad_left]
        ending = [float_bits(self.low), float_bits(self.high)]
        zeros = [self.out_zero_point, self.in_zero_point]
        offsets = [self.weight, self.bias, self.multiplier, self.weight_zero_point]
        return shape + pads + ending + zeros + offsets + [int(self.weight_signed)]


class Sum(NamedTuple):
    """How two maps become one: fixed point and zero points of integers, and the activation."""

    first: int = 0
    second: int = 0
    shift: int = 1
    first_zero_point: int = 0
    second_zero_point: int = 0
    out_zero_point: int = 0
    low: float = float("-inf")
    high: float = float("inf")

    def words(self) -> list[int]:
        """As `native/read_program.cpp` reads it."""
        zeros = [self.first_zero_point, self.second_zero_point, self.out_zero_point]
        factors = [self.first, self.second, self.shift]
        return factors + zeros + [float_bits(self.low), float_bits(self.high)]


class Convolution(NamedTuple):
    """A dense convolution, perhaps with a shortcut added to what it puts out."""

    sources: tuple[str, ...]
    target: str
    layer: Layer
    sum: Sum | None = None


class Depthwise(NamedTuple):
    """A 3x3 depthwise convolution alone."""

    sources: tuple[str, ...]
    target: str
    layer: Layer


class InvertedResidual(NamedTuple):
    """Expand, depthwise, project and shortcut as one step; the expanded tensor never exists.

    `rows` output rows are worked on at once, with `panel` expanded channels.
    """

    sources: tuple[str, ...]
    target: str
    expand: Layer | None
    depthwise: Layer
    project: Layer
    sum: Sum | None
    rows: int
    panel: int


class PooledConvolution(NamedTuple):
    """A 1x1 convolution and the mean over all its pixels."""

    sources: tuple[str, ...]
    target: str
    layer: Layer
    inner_scale: float
    inner_zero_point: int


class AddMaps(NamedTuple):
    """The sum of two maps."""

    sources: tuple[str, ...]
    target: str
    sum: Sum


class PoolMap(NamedTuple):
    """Average or maximum over a window."""

    sources: tuple[str, ...]
    target: str
    average: bool
    kernel: tuple[int, int]
    stride: int
    pad_top: int
    pad_left: int
    change: int
    """A maximum's change of scale, in 256ths; an average takes its own from the tensors."""


class ResizeMap(NamedTuple):
    """Bilinear interpolation."""

    sources: tuple[str, ...]
    target: str
    corners: bool
    factor: float


class ConcatMaps(NamedTuple):
    """Maps behind one another in their channels."""

    sources: tuple[str, ...]
    target: str
    changes: tuple[int, ...]
    """Each part's change of scale, in 256ths."""


Step = (
    Convolution
    | Depthwise
    | InvertedResidual
    | PooledConvolution
    | AddMaps
    | PoolMap
    | ResizeMap
    | ConcatMaps
)


@dataclass(frozen=True, slots=True)
class Program:
    """Steps, the tensors between them, and where each tensor lies in the arena."""

    arithmetic: Arithmetic
    input: str
    outputs: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    steps: tuple[Step, ...]
    offsets: tuple[int, ...]
    """Byte offset of each tensor."""
    arena_bytes: int
    parts: tuple[Part, ...] = field(repr=False, compare=False)
    """All weights, C-contiguous: offsets count as if they lay behind one another, each from a
    multiple of `ALIGNMENT` bytes on."""
    table: int
    """Offset of float32 [3][256]: what a pixel's value is to the network."""

    def words(self) -> list[int]:
        """The program as the engine reads it."""
        index = {tensor.name: number for number, tensor in enumerate(self.tensors)}
        words = [MAGIC, VERSION, int(self.arithmetic == "uint8")]
        words += [len(self.tensors), len(self.steps), len(self.outputs)]
        words += [self.arena_bytes, index[self.input], self.table]
        for tensor, offset in zip(self.tensors, self.offsets, strict=True):
            words += [*tensor.shape, tensor.pitch, offset]
            words += [tensor.zero_point, float_bits(tensor.scale)]
        words += [index[name] for name in self.outputs]
        for step in self.steps:
            kind, rest = _step_words(step)
            sources = [index[name] for name in step.sources]
            words += [kind, len(sources), *sources, index[step.target], *rest]
        return words


def float_bits(value: float) -> int:
    """The bits of a float32 as a number."""
    return int.from_bytes(struct.pack("<f", value), "little")


def _step_words(step: Step) -> tuple[int, list[int]]:
    match step:
        case Convolution():
            return 1, step.layer.words() + _optional(step.sum)
        case Depthwise():
            return 2, step.layer.words()
        case InvertedResidual():
            layers = step.depthwise.words() + step.project.words()
            sizes = [step.rows, step.panel]
            return 3, _optional(step.expand) + layers + _optional(step.sum) + sizes
        case AddMaps():
            return 4, step.sum.words()
        case PoolMap():
            window = [*step.kernel, step.stride, step.pad_top, step.pad_left]
            return 5, [int(step.average), *window, step.change]
        case ResizeMap():
            return 6, [int(step.corners), float_bits(step.factor)]
        case ConcatMaps():
            return 7, list(step.changes)
        case PooledConvolution():
            ending = [float_bits(step.inner_scale), step.inner_zero_point]
            return 8, step.layer.words() + ending
        case _:
            assert_never(step)


def _optional(part: Layer | Sum | None) -> list[int]:
    return [0] if part is None else [1, *part.words()]
