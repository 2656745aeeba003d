"""Section 5.1: what a block needs in memory, whole and with its expansion split into t parts."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.reference import convolve, evaluate_node, normalize
from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze, memory_steps
from mobilenetv2.network.graph import Add, Conv, Graph, Node, Shape
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.checkpoint import Array, Weights

SPLITS = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 96)
"""t: into how many parts the expanded channels are cut."""


@dataclass(frozen=True, slots=True)
class BlockMemory:
    """One block's maps, in elements."""

    name: str
    source: int
    """|s^2 k|: what it reads."""
    expanded: int
    """|s^2 n|: between expansion and depthwise; 0 where there is no expansion."""
    filtered: int
    """|s'^2 n|: between depthwise and projection."""
    output: int
    """|s'^2 k'|."""
    op_by_op: int
    """The most that is alive in the block when every node is a step of its own."""
    inner_channels: int
    """n."""

    @property
    def one_step(self) -> int:
        """Input and output alone: the limit that the section aims at."""
        return self.source + self.output

    def split(self, parts: int) -> int:
        """Alive at once with the inner channels in `parts` parts, one after the other.

        Input and output are kept throughout, since every part reads the one and adds to the other.
        A single part is `op_by_op`, where a map goes when it is read for the last time.
        """
        if parts == 1:
            return self.op_by_op
        channels = -(-self.inner_channels // min(parts, self.inner_channels))
        inner = (self.expanded + self.filtered) * channels // self.inner_channels
        return self.one_step + inner


@dataclass(frozen=True, slots=True)
class Split:
    """What a t-way split of every block costs and saves, over the network."""

    parts: int
    peak: int
    """The most elements alive at once."""
    peak_at: str
    madds: int
    """The same for every t."""
    additions: int
    """Spent on adding the parts' outputs up, which one part does not need."""
    reads: int
    """Elements of block inputs read: once for every part."""


@dataclass(frozen=True, slots=True)
class MemoryFigure:
    """Section 5.1 for one network."""

    blocks: tuple[BlockMemory, ...]
    splits: tuple[Split, ...]
    op_by_op: int
    """Peak of the whole network, elements, each node a step (`Memory.op_by_op`)."""
    fused: int
    """The same with each block one step."""


def section_5_1(spec: Spec | None = None) -> MemoryFigure:
    """Memory of every block, and of the network against t; width 1 at 224 pixels unless told.

    Args:
        spec: a MobileNetV2.
    """
    spec = spec or Spec()
    graph = build(spec)
    blocks = block_memory(graph)
    memory = analyze(spec).memory
    madds = analyze(spec).madds
    others = [
        step for step in memory_steps(graph, fused=False) if not step.name.startswith("block")
    ]
    splits = []
    for parts in SPLITS:
        held = [(step.elements, step.name) for step in others]
        held += [(block.split(parts), block.name) for block in blocks]
        peak, where = max(held, key=lambda entry: entry[0])
        used = [min(parts, block.inner_channels) for block in blocks]
        added = sum((n - 1) * b.output for n, b in zip(used, blocks, strict=True))
        read = sum(n * b.source for n, b in zip(used, blocks, strict=True))
        splits.append(Split(parts, peak, where, madds, added, read))
    return MemoryFigure(blocks, tuple(splits), memory.op_by_op, memory.fused)


def block_memory(graph: Graph) -> tuple[BlockMemory, ...]:
    """Every bottleneck of a graph."""
    alive = {step.name: step.elements for step in memory_steps(graph, fused=False)}
    nodes = graph.by_name
    found: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.name.startswith("block"):
            found.setdefault(node.name.rpartition(".")[0], []).append(node)
    blocks = []
    for name, parts in found.items():
        expand = nodes.get(f"{name}.expand")
        depthwise = nodes[f"{name}.depthwise"]
        blocks.append(
            BlockMemory(
                name=name,
                source=nodes[parts[0].sources[0]].shape.elements,
                expanded=expand.shape.elements if expand else 0,
                filtered=depthwise.shape.elements,
                output=parts[-1].shape.elements,
                op_by_op=max(alive[part.name] for part in parts),
                inner_channels=depthwise.shape.channels,
            )
        )
    return tuple(blocks)


def run_split(graph: Graph, weights: Weights, block: str, source: Array, parts: int) -> Array:
    """One block computed as the sum over `parts` slices of its inner channels, in plain numpy.

    Args:
        graph: with that block.
        weights: of the graph.
        block: its name, such as "block1".
        source: what the block reads, float32 [N, height, width, channels].
        parts: into how many; the channels need not divide evenly.

    Returns:
        The block's output, float32 [N, height, width, channels]: the same as unsplit, up to the
        order of additions.
    """
    nodes = graph.by_name
    project, add = nodes[f"{block}.project"], nodes.get(f"{block}.add")
    inner = nodes[f"{block}.depthwise"].shape.channels
    if not isinstance(project, Conv):
        raise TypeError(f"{block}.project must be a convolution, got {type(project).__name__}")
    total: Array | None = None
    for channels in np.array_split(np.arange(inner), min(parts, inner)):
        value = source
        for part in ("expand", "depthwise"):
            node = nodes.get(f"{block}.{part}")
            if isinstance(node, Conv):
                one, sliced = _slice(node, weights, channels)
                value = evaluate_node(one, [value], sliced)
            elif part == "expand":
                value = source[..., channels]
        kernel = {f"{project.name}.weight": weights[f"{project.name}.weight"][:, channels]}
        term = convolve(_narrow(project, len(channels)), value, kernel)
        total = term if total is None else np.add(total, term, out=total)
    if total is None:
        raise ValueError(f"{block} has no channels to split")
    result = normalize(project, total, weights)
    return result + source if isinstance(add, Add) else result


def _slice(
    node: Conv, weights: Weights, channels: npt.NDArray[np.intp]
) -> tuple[Conv, dict[str, Array]]:
    """A convolution that puts out these channels alone, and its arrays."""
    arrays = {name: weights[name][channels] for name in node.parameter_shapes}
    height, width, _ = node.shape
    count = len(channels)
    own = replace(node, shape=Shape(height, width, count))
    return (replace(own, in_channels=count, groups=count) if node.depthwise else own), arrays


def _narrow(node: Conv, channels: int) -> Conv:
    return replace(node, in_channels=channels)
