"""What a network costs: multiply-adds, parameters under each published convention, memory.

Multiply-adds (MAdds) count convolutions alone, one for each product, as the paper and TF-slim
do: no batch norm, bias, activation, addition, pooling or resizing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, prod

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import BatchNorm, Conv, Graph, Node, Shape
from mobilenetv2.network.spec import Spec


@dataclass(frozen=True, slots=True)
class Parameters:
    """One network, four counts. Papers and tools quote all of them as "parameters"."""

    kernels: int
    """Convolution weights alone: 3,469,760 at width 1.0. TF-slim's table, the paper's 3.4M."""
    kernels_and_biases: int
    """Also the biases that the network has besides batch norm: 3,470,760. Keras, d-li14."""
    folded: int
    """Batch norm folded into one bias a channel: 3,487,816. What a deployed file holds."""
    trainable: int
    """All that trains, batch norm's gamma and beta included: 3,504,872. torchvision, timm."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The largest number of activations alive at once, in elements (section 5.1)."""

    op_by_op: int
    """Every node on its own: its inputs, its output, and what later nodes still need."""
    op_by_op_at: str
    """The node at which that happens."""
    fused: int
    """Each inverted residual as one step, its expanded tensors never held as a whole."""
    fused_at: str
    """The block or node at which that happens."""


@dataclass(frozen=True, slots=True)
class StepMemory:
    """What is alive while one step of a run computes."""

    name: str
    """Of the node, or of the block that is one step."""
    elements: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One node's share."""

    name: str
    kind: str
    shape: Shape
    stride: int
    dilation: int
    madds: int
    weights: int
    parameters: int
    """As `Parameters.trainable`."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A network's costs, in total and layer by layer."""

    madds: int
    madds_tfprof: int
    """As TensorFlow's profiler counts: an atrous map rounded up to a multiple of its rate."""
    parameters: Parameters
    memory: Memory
    layers: tuple[Layer, ...]


@lru_cache(maxsize=64)
def analyze(spec: Spec) -> Analysis:
    """Count a network from its graph.

    A folded spec is counted as the network it was trained as: folding changes what a file
    holds, not what the paper counts.
    """
    trained = replace(spec, batch_norm_epsilon=spec.batch_norm_epsilon or 1e-3)
    graph = build(trained)
    layers = tuple(_layer(node) for node in graph.nodes)
    return Analysis(
        madds=sum(layer.madds for layer in layers),
        madds_tfprof=sum(_tfprof_madds(conv) for conv in graph.convs),
        parameters=_parameters(graph),
        memory=_memory(graph),
        layers=layers,
    )


def _layer(node: Node) -> Layer:
    conv = node if isinstance(node, Conv) else None
    kind = type(node).__name__.lower()
    if conv:
        height, width = conv.kernel
        kind = f"{'depthwise' if conv.depthwise else 'conv'} {height}x{width}"
    return Layer(
        name=node.name,
        kind=kind,
        shape=node.shape,
        stride=conv.stride if conv else 1,
        dilation=conv.dilation if conv else 1,
        madds=_madds(conv, node.shape.height * node.shape.width) if conv else 0,
        weights=prod(conv.weight_shape) if conv else 0,
        parameters=_trainable(conv) if conv else 0,
    )


def _madds(conv: Conv, positions: int) -> int:
    return positions * prod(conv.weight_shape)


def _tfprof_madds(conv: Conv) -> int:
    height, width = (
        ceil(side / conv.dilation) * conv.dilation for side in (conv.shape.height, conv.shape.width)
    )
    return _madds(conv, height * width)


def _trainable(conv: Conv) -> int:
    per_channel = 2 if isinstance(conv.norm, BatchNorm) else 1
    return prod(conv.weight_shape) + per_channel * conv.shape.channels


def _parameters(graph: Graph) -> Parameters:
    kernels = sum(prod(conv.weight_shape) for conv in graph.convs)
    channels = sum(conv.shape.channels for conv in graph.convs)
    normalized = sum(
        conv.shape.channels for conv in graph.convs if isinstance(conv.norm, BatchNorm)
    )
    return Parameters(
        kernels=kernels,
        kernels_and_biases=kernels + channels - normalized,
        folded=kernels + channels,
        trainable=kernels + channels + normalized,
    )


def memory_steps(graph: Graph, *, fused: bool) -> tuple[StepMemory, ...]:
    """What is alive at every step of a run, in elements.

    Args:
        graph: any network.
        fused: each block as one step, its inner maps never held whole; else every node alone.
    """
    steps = _steps(graph) if fused else [[node] for node in graph.nodes]
    step_of = {node.name: index for index, step in enumerate(steps) for node in step}
    last_use = {name: len(steps) if name in graph.outputs else -1 for name in step_of}
    for node in graph.nodes:
        for source in node.sources:
            last_use[source] = max(last_use[source], step_of[node.name])
    held: list[StepMemory] = []
    for index, step in enumerate(steps):
        # A map that no later step reads, inside a block of several nodes, is never held whole.
        alive = sum(
            node.shape.elements
            for node in graph.nodes
            if step_of[node.name] <= index <= last_use[node.name]
            and (step_of[node.name], last_use[node.name]) != (index, index)
        )
        alone = len(step) == 1 and last_use[step[0].name] <= index
        alive += step[0].shape.elements if alone else 0
        name = step[0].name if len(step) == 1 else step[0].name.rpartition(".")[0]
        held.append(StepMemory(name, alive))
    return tuple(held)


def _memory(graph: Graph) -> Memory:
    alone, fused = (_peak(memory_steps(graph, fused=fused)) for fused in (False, True))
    return Memory(alone.elements, alone.name, fused.elements, fused.name)


def _peak(steps: Sequence[StepMemory]) -> StepMemory:
    """The step that holds most, the first of them."""
    return max(steps, key=lambda step: step.elements)


def _steps(graph: Graph) -> list[list[Node]]:
    """Nodes of one block (`block3.expand` .. `block3.add`) together, every other one alone."""
    steps: list[list[Node]] = []
    previous = ""
    for node in graph.nodes:
        block = node.name.rpartition(".")[0] if node.name.startswith("block") else ""
        if block and block == previous:
            steps[-1].append(node)
        else:
            steps.append([node])
        previous = block
    return steps
