"""Figures 2, 3 and 4: the building blocks, cut out of the graphs of whole networks."""

from dataclasses import dataclass

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, Conv, Graph, Node, Shape
from mobilenetv2.network.spec import MobileNetV1, ResNet101, Spec


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution on the way through a block."""

    label: str
    """ "1x1", "3x3", "dwise 3x3"."""
    stride: int
    shape: Shape
    """Of the map it puts out."""
    linear: bool
    """No activation comes after it: hatched in the paper's figures."""


@dataclass(frozen=True, slots=True)
class BlockFigure:
    """A block as a row of maps (figures 2 and 3)."""

    title: str
    found: str
    """Where in which network: "MobileNetV2, block4"."""
    source: Shape
    layers: tuple[Layer, ...]
    shortcut: bool
    """Whether the block's input is added to its output."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A way through a block of figure 4: what is done to the input, in order."""

    steps: tuple[str, ...]
    """Empty for a shortcut."""


@dataclass(frozen=True, slots=True)
class FlowFigure:
    """A block as a flow chart (figure 4)."""

    title: str
    found: str
    branches: tuple[Branch, ...]
    join: str
    """What brings the branches together, such as "Add"; empty with one branch."""


def figure_2() -> tuple[BlockFigure, ...]:
    """The evolution of separable convolutions, each step taken from a network that has it."""
    v1, v2 = build(Spec(backbone=MobileNetV1())), build(Spec())
    resnet = build(Spec(backbone=ResNet101()))
    return (
        cut(resnet, "(a) regular convolution", "ResNet-101, block4.conv", ("block4.conv",)),
        cut(v1, "(b) separable convolution", "MobileNetV1, block6", _parts(v1, "block6")),
        cut(v2, "(c) with a linear bottleneck", "MobileNetV2, block0", _parts(v2, "block0")),
        cut(v2, "(d) with an expansion layer", "MobileNetV2, block13", _parts(v2, "block13")),
    )


def figure_3() -> tuple[BlockFigure, ...]:
    """The residual block, wide at its ends, and the inverted one, narrow there."""
    resnet, v2 = build(Spec(backbone=ResNet101())), build(Spec())
    return (
        cut(resnet, "(a) residual block", "ResNet-101, block4", _parts(resnet, "block4")),
        cut(v2, "(b) inverted residual block", "MobileNetV2, block4", _parts(v2, "block4")),
    )


def figure_4() -> tuple[FlowFigure, ...]:
    """Blocks of four architectures; NasNet's and ShuffleNet's are written out, not read off.

    The paper draws one block of each; NasNet's normal cell has five such pairs.
    """
    v1, v2 = build(Spec(backbone=MobileNetV1())), build(Spec())
    separable = ("ReLU", "dwise {0}, stride=s", "conv 1x1, linear", "twice")
    return (
        FlowFigure(
            "(a) NasNet", "one of the normal cell's five pairs",
            tuple(
                Branch(tuple(step.format(size) for step in separable)) for size in ("5x5", "3x3")
            ),
            "Add",
        ),
        flow(v1, "(b) MobileNet", "block1"),
        FlowFigure(
            "(c) ShuffleNet", "a unit of stride 1",
            (
                Branch(("gconv 1x1, ReLU", "shuffle", "dwise 3x3, linear", "gconv 1x1, linear")),
                Branch(()),
            ),
            "Add, ReLU",
        ),
        flow(v2, "(d) MobileNet V2, stride 1", "block2"),
        flow(v2, "(d) MobileNet V2, stride 2", "block3"),
    )  # fmt: skip


def cut(graph: Graph, title: str, found: str, names: tuple[str, ...]) -> BlockFigure:
    """Some nodes of a graph, one after the other, as a figure."""
    nodes = graph.by_name
    chosen = [nodes[name] for name in names]
    layers = tuple(_layer(node) for node in chosen if isinstance(node, Conv))
    source = nodes[chosen[0].sources[0]].shape
    shortcut = any(isinstance(node, Add) for node in chosen)
    return BlockFigure(title, found, source, layers, shortcut)


def flow(graph: Graph, title: str, block: str) -> FlowFigure:
    """A block of a graph as a flow chart."""
    nodes = [graph.by_name[name] for name in _parts(graph, block)]
    steps = tuple(_step(node) for node in nodes if isinstance(node, Conv))
    added = any(isinstance(node, Add) for node in nodes)
    branches = (Branch(steps), Branch(())) if added else (Branch(steps),)
    network = "MobileNetV2" if f"{block}.project" in graph.by_name else "MobileNetV1"
    return FlowFigure(title, f"{network}, {block}", branches, "Add" if added else "")


def _parts(graph: Graph, block: str) -> tuple[str, ...]:
    return tuple(node.name for node in graph.nodes if node.name.startswith(f"{block}."))


def _layer(node: Conv) -> Layer:
    kernel = "x".join(map(str, node.kernel))
    label = f"dwise {kernel}" if node.depthwise else kernel
    return Layer(label, node.stride, node.shape, node.activation == "none")


def _step(node: Node) -> str:
    if not isinstance(node, Conv):
        raise TypeError(f"{node.name} must be a convolution, got {type(node).__name__}")
    layer = _layer(node)
    name = layer.label if node.depthwise else f"conv {layer.label}"
    stride = f", stride={node.stride}" if node.stride > 1 else ""
    after = {"relu6": "ReLU6", "relu": "ReLU", "none": "linear"}[node.activation]
    return f"{name}{stride}, {after}"
