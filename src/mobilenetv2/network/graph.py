"""A network as a flat list of a few kinds of node. Every backend walks this and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, assert_never

from mobilenetv2.errors import GraphError

Activation = Literal["none", "relu", "relu6"]


class Shape(NamedTuple):
    """Of one picture's tensor: the batch is never part of a graph."""

    height: int
    width: int
    channels: int

    @property
    def elements(self) -> int:
        """How many numbers a tensor of this shape holds."""
        return self.height * self.width * self.channels


class Pads(NamedTuple):
    """Zeros added around a map, in pixels. Resolved by the builder; no walker may guess."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Normalisation after a convolution: gamma, beta, mean and variance, one each a channel."""

    epsilon: float


@dataclass(frozen=True, slots=True)
class Bias:
    """One number a channel, added after a convolution."""


@dataclass(frozen=True, slots=True)
class Input:
    """The picture, normalised: float32, NHWC."""

    name: str
    shape: Shape

    @property
    def sources(self) -> tuple[str, ...]:
        """No node comes before the input."""
        return ()


@dataclass(frozen=True, slots=True)
class Conv:
    """Convolution, then `norm`, then `activation`. Depthwise when `groups` is `in_channels`.

    Its weight is `<name>.weight`, [out, in / groups, kernel height, kernel width].
    """

    name: str
    source: str
    shape: Shape
    in_channels: int
    kernel: tuple[int, int]
    stride: int
    dilation: int
    groups: int
    pads: Pads
    norm: BatchNorm | Bias
    activation: Activation

    @property
    def sources(self) -> tuple[str, ...]:
        """The one node this reads."""
        return (self.source,)

    @property
    def depthwise(self) -> bool:
        """Whether every channel is filtered alone."""
        return self.groups == self.in_channels == self.shape.channels and self.groups > 1

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """[out, in / groups, kernel height, kernel width]."""
        return (self.shape.channels, self.in_channels // self.groups, *self.kernel)

    @property
    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every array this node needs, by full name."""
        per_channel = ("gamma", "beta", "mean", "variance")
        names = per_channel if isinstance(self.norm, BatchNorm) else ("bias",)
        channels = (self.shape.channels,)
        return {f"{self.name}.weight": self.weight_shape} | {
            f"{self.name}.{name}": channels for name in names
        }


@dataclass(frozen=True, slots=True)
class Add:
    """The sum of two maps of one shape, then `activation`: the end of a shortcut."""

    name: str
    first: str
    second: str
    shape: Shape
    activation: Activation = "none"

    @property
    def sources(self) -> tuple[str, ...]:
        """The two nodes this reads, the trunk before the shortcut."""
        return (self.first, self.second)


@dataclass(frozen=True, slots=True)
class Pool:
    """Average or maximum over a window. Padding counts neither as a value nor in the mean."""

    name: str
    source: str
    shape: Shape
    kind: Literal["average", "max"]
    kernel: tuple[int, int]
    stride: int
    pads: Pads

    @property
    def sources(self) -> tuple[str, ...]:
        """The one node this reads."""
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Resize:
    """Bilinear resizing to `shape`; `alignment` says where the sample points lie.

    "corners" maps first to first and last to last pixel centre (TensorFlow's align_corners);
    "half_pixel" maps pixel areas onto each other (torch's default).
    """

    name: str
    source: str
    shape: Shape
    alignment: Literal["corners", "half_pixel"]

    @property
    def sources(self) -> tuple[str, ...]:
        """The one node this reads."""
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Concat:
    """Maps of one height and width, one behind the other in their channels."""

    name: str
    parts: tuple[str, ...]
    shape: Shape

    @property
    def sources(self) -> tuple[str, ...]:
        """The nodes this reads, in channel order."""
        return self.parts


Node = Input | Conv | Add | Pool | Resize | Concat


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in an order in which they can run, and the names of those whose maps come out."""

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    @property
    def by_name(self) -> dict[str, Node]:
        """Every node under its name."""
        return {node.name: node for node in self.nodes}

    @property
    def input(self) -> Input:
        """The one node that reads nothing.

        Raises:
            GraphError: there is none.
        """
        for node in self.nodes:
            if isinstance(node, Input):
                return node
        raise GraphError("a graph needs one Input node, got none")

    @property
    def convs(self) -> tuple[Conv, ...]:
        """Every node that has weights, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Conv))

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every array the graph needs, by full name: the contract between it and its weights."""
        return {name: shape for conv in self.convs for name, shape in conv.parameter_shapes.items()}

    def check(self) -> None:
        """Hold every structural rule a walker relies on.

        Raises:
            GraphError: the first broken rule, with the node's name and the value found.
        """
        seen: dict[str, Shape] = {}
        for node in self.nodes:
            _require(node.name not in seen, node, "a name must be unique")
            for source in node.sources:
                _require(source in seen, node, f"source {source!r} must exist and come first")
            _require(min(node.shape) >= 1, node, f"a shape must be positive, got {node.shape}")
            _check_shape(node, [seen[source] for source in node.sources])
            seen[node.name] = node.shape
        inputs = [node.name for node in self.nodes if isinstance(node, Input)]
        if len(inputs) != 1:
            raise GraphError(f"a graph needs exactly one Input node, got {inputs}")
        missing = [name for name in self.outputs if name not in seen]
        if missing or not self.outputs or len(set(self.outputs)) != len(self.outputs):
            raise GraphError(
                f"outputs must be distinct names of nodes and at least one, got {self.outputs}"
            )


def window_output(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    """How often a window fits: the output size along one axis, `padding` on both ends in sum."""
    return (size + padding - (kernel - 1) * dilation - 1) // stride + 1


def _require(condition: bool, node: Node, rule: str) -> None:
    if not condition:
        raise GraphError(f"node {node.name!r}: {rule}")


def _check_shape(node: Node, sources: list[Shape]) -> None:
    match node:
        case Input():
            pass
        case Conv():
            _check_conv(node, sources[0])
        case Pool():
            _check_window(node, sources[0], node.kernel, 1)
            _require(node.shape.channels == sources[0].channels, node, "pooling keeps channels")
        case Resize():
            _require(node.shape.channels == sources[0].channels, node, "resizing keeps channels")
        case Add():
            _require(
                sources[0] == sources[1] == node.shape,
                node,
                f"both sources must have its shape {node.shape}, got {sources}",
            )
        case Concat():
            _require(len(sources) > 0, node, "needs at least one part")
            joined = Shape(*sources[0][:2], sum(source.channels for source in sources))
            _require(
                {source[:2] for source in sources} == {node.shape[:2]} and joined == node.shape,
                node,
                f"its parts {sources} must fit together to {node.shape}",
            )
        case _:
            assert_never(node)


def _check_conv(node: Conv, source: Shape) -> None:
    _require(
        node.in_channels == source.channels,
        node,
        f"in_channels must be its source's {source.channels}, got {node.in_channels}",
    )
    _require(
        node.groups >= 1
        and node.in_channels % node.groups == node.shape.channels % node.groups == 0,
        node,
        f"channels {node.in_channels} and {node.shape.channels} must divide by groups "
        f"{node.groups}",
    )
    _require(node.dilation >= 1, node, f"dilation must be at least 1, got {node.dilation}")
    _check_window(node, source, node.kernel, node.dilation)


def _check_window(node: Conv | Pool, source: Shape, kernel: tuple[int, int], dilation: int) -> None:
    _require(min(*kernel, node.stride) >= 1, node, "kernel and stride must be at least 1")
    _require(min(node.pads) >= 0, node, f"pads must not be negative, got {node.pads}")
    top, bottom, left, right = node.pads
    expected = (
        window_output(source.height, kernel[0], node.stride, dilation, top + bottom),
        window_output(source.width, kernel[1], node.stride, dilation, left + right),
    )
    _require(
        expected == node.shape[:2],
        node,
        f"its window gives {expected} (height, width), but its shape says {node.shape[:2]}",
    )
