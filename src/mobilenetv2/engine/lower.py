"""A graph becomes a program: inverted residuals turn into single steps, tensors get their places.

Three patterns are looked for, each only where nothing else reads what is in between:

- [1x1,] 3x3 depthwise, 1x1 [, add]: an inverted residual (section 5.1's bottleneck operator), and
  just as well a separable predictor or extra layer of SSDLite;
- 1x1 and the mean over its whole map: the last convolution and its pooling;
- any convolution and an add.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, assert_never

import numpy as np

from mobilenetv2.engine import program as steps
from mobilenetv2.engine.layers import Block, FloatNumbers, IntegerNumbers, Numbers
from mobilenetv2.engine.plan import lives_of, plan_memory
from mobilenetv2.engine.program import Program, Step, Tensor, pitch_of
from mobilenetv2.engine.strips import strip_of
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Node, Pool, Resize
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.fixed_point import change_of_scale
from mobilenetv2.weights.quantized import Quantization


def lower(
    graph: Graph, numbers: Weights | Quantization, pixel_values: Array | None = None
) -> Program:
    """The program of a graph without batch norms.

    Args:
        graph: any graph of the package whose convolutions have biases.
        numbers: float32 weights, or integers for a uint8 program.
        pixel_values: float32 [3, 256], what each value of each color is to the network; None for
            pictures that only come preprocessed.

    Raises:
        LoweringError: a convolution with groups or a depthwise kernel that the engine lacks.
    """
    block = Block()
    source: Numbers = (
        IntegerNumbers(numbers, block)
        if isinstance(numbers, Quantization)
        else FloatNumbers(numbers, block)
    )
    values = np.zeros((3, 256)) if pixel_values is None else pixel_values
    table = block.add(np.ascontiguousarray(values, np.float32))
    made = _Lowering(graph, source).steps()
    kept = {step.target for step in made} | {graph.input.name}
    tensors = [_tensor(node, source) for node in graph.nodes if node.name in kept]
    lives = lives_of(made, graph.input.name, graph.outputs)
    plan = plan_memory(tensors, lives, source.arithmetic)
    return Program(
        arithmetic=source.arithmetic,
        input=graph.input.name,
        outputs=graph.outputs,
        tensors=tuple(tensors),
        steps=tuple(made),
        offsets=tuple(plan.offsets[tensor.name] for tensor in tensors),
        arena_bytes=plan.arena_bytes,
        parts=tuple(block.parts),
        table=table,
    )


def _tensor(node: Node, numbers: Numbers) -> Tensor:
    affine = numbers.affine(node)
    pitch = 3 if isinstance(node, Input) else pitch_of(node.shape.channels)
    return Tensor(node.name, node.shape, pitch, affine.zero_point, affine.scale)


class _Group(NamedTuple):
    """Nodes that become one step; the last one's map is what the step writes."""

    expand: Conv | None = None
    depthwise: Conv | None = None
    conv: Conv | None = None
    add: Add | None = None
    pool: Pool | None = None


class _Lowering:
    def __init__(self, graph: Graph, numbers: Numbers) -> None:
        self._graph = graph
        self._numbers = numbers
        self._nodes = graph.by_name
        self._readers = Counter(source for node in graph.nodes for source in node.sources)
        self._readers.update(graph.outputs)

    def steps(self) -> list[Step]:
        """Every node exactly once, at the place of its group's last one."""
        groups = self._groups()
        inner = {
            node.name
            for last, group in groups.items()
            for node in (group.expand, group.depthwise, group.conv)
            if node is not None and node.name != last
        }
        return [
            self._grouped(node, groups[node.name])
            if node.name in groups
            else self._single(node, self._numbers)
            for node in self._graph.nodes
            if not isinstance(node, Input) and node.name not in inner
        ]

    def _groups(self) -> dict[str, _Group]:
        found: dict[str, _Group] = {}
        for node in self._graph.nodes:
            match node:
                case Conv():
                    if not node.depthwise:
                        found[node.name] = self._convolution(node, found)
                case Add() if (group := self._shortcut(node, found)) is not None:
                    found[node.name] = group
                case Pool() if (last := self._pooled(node)) is not None:
                    del found[last.name]
                    found[node.name] = _Group(conv=last, pool=node)
                case _:
                    pass
        return found

    def _convolution(self, conv: Conv, found: dict[str, _Group]) -> _Group:
        depthwise = self._inside(conv.source)
        if depthwise is None or not depthwise.depthwise or not _pointwise(conv):
            return _Group(conv=conv)
        expand = self._inside(depthwise.source)
        # A block without an expansion reads what another block projects: no expansion of its own.
        if expand is None or found.get(expand.name) != _Group(conv=expand):
            return _Group(depthwise=depthwise, conv=conv)
        if not _pointwise(expand):
            return _Group(depthwise=depthwise, conv=conv)
        del found[expand.name]
        return _Group(expand=expand, depthwise=depthwise, conv=conv)

    def _inside(self, name: str) -> Conv | None:
        """The convolution of this name, if exactly one node reads it."""
        node = self._nodes[name]
        return node if isinstance(node, Conv) and self._readers[name] == 1 else None

    def _shortcut(self, add: Add, found: dict[str, _Group]) -> _Group | None:
        trunk = self._inside(add.first)
        if trunk is None or trunk.depthwise or add.second == add.first:
            return None
        if self._numbers.arithmetic == "float32" and add.activation != "none":
            return None
        if trunk.name not in found or self._after(add.second, trunk.name):
            return None
        group = found.pop(trunk.name)
        return _Group(group.expand, group.depthwise, group.conv, add)

    def _after(self, name: str, other: str) -> bool:
        """Whether a node comes after another: then it is not there when that one runs."""
        order = [node.name for node in self._graph.nodes]
        return order.index(name) > order.index(other)

    def _pooled(self, pool: Pool) -> Conv | None:
        conv = self._inside(pool.source)
        if conv is None or not _pointwise(conv) or pool.kind != "average" or any(pool.pads):
            return None
        depthwise = self._inside(conv.source)
        if conv.groups != 1 or (depthwise is not None and depthwise.depthwise):
            return None
        return conv if pool.kernel == conv.shape[:2] else None

    def _grouped(self, last: Node, group: _Group) -> Step:
        if group.conv is None:
            raise ValueError(f"{last.name}: a group needs a convolution")
        first = group.expand or group.depthwise or group.conv
        sources: Sequence[str] = (first.source,)
        joined = None
        if group.add is not None:
            sources = (first.source, group.add.second)
            joined = self._numbers.sum(group.add)
        layer = self._numbers.layer
        if group.pool is not None:
            affine = self._numbers.affine(group.conv)
            return steps.PooledConvolution(
                tuple(sources), last.name, layer(group.conv), affine.scale, affine.zero_point
            )
        if group.depthwise is None:
            return steps.Convolution(tuple(sources), last.name, layer(group.conv), joined)
        strip = strip_of(group.depthwise, self._nodes[first.source].shape, self._numbers.arithmetic)
        return steps.InvertedResidual(
            tuple(sources),
            last.name,
            None if group.expand is None else layer(group.expand),
            layer(group.depthwise),
            layer(group.conv),
            joined,
            strip.rows,
            strip.panel,
        )

    def _single(self, node: Node, numbers: Numbers) -> Step:
        target = numbers.affine(node)
        sources = [numbers.affine(self._nodes[source]) for source in node.sources]
        match node:
            case Conv():
                return steps.Depthwise(node.sources, node.name, numbers.layer(node))
            case Add():
                return steps.AddMaps(node.sources, node.name, numbers.sum(node))
            case Pool():
                average = node.kind == "average"
                window = (node.kernel, node.stride, node.pads.top, node.pads.left)
                change = 0 if average else change_of_scale(sources[0], target)
                return steps.PoolMap(node.sources, node.name, average, *window, change)
            case Resize():
                corners = node.alignment == "corners"
                factor = sources[0].scale / target.scale
                return steps.ResizeMap(node.sources, node.name, corners, factor)
            case Concat():
                changes = tuple(change_of_scale(source, target) for source in sources)
                return steps.ConcatMaps(node.sources, node.name, changes)
            case Input():
                raise ValueError("the input is no step")
            case _:
                assert_never(node)


def _pointwise(conv: Conv) -> bool:
    return conv.kernel == (1, 1) and conv.stride == 1 and not any(conv.pads) and conv.groups == 1
