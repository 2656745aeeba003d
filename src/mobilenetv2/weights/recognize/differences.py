"""Where a foreign network computes something else than our graph."""

from collections.abc import Mapping
from math import inf

from mobilenetv2.network.graph import (
    Activation,
    Add,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pool,
    Resize,
    window_output,
)
from mobilenetv2.weights.recognize import layers as foreign
from mobilenetv2.weights.recognize.layers import (
    FREE,
    RELU6,
    Clamp,
    Convolution,
    Layer,
    Sum,
    activation,
)
from mobilenetv2.weights.recognize.simplify import STEP
from mobilenetv2.weights.recognize.trace import Trace
from mobilenetv2.weights.recognize.words import kind

Pairs = list[tuple[str, object, object]]
Ranges = Mapping[str, Clamp]
NO_RANGES: Ranges = {}
CLAMPS: Mapping[Activation, Clamp] = {"none": FREE, "relu": (0.0, inf), "relu6": RELU6}


def differences(graph: Graph, trace: Trace, ranges: Ranges = NO_RANGES) -> list[str]:
    """Where a foreign network computes something else than our graph; empty where it does not.

    Compares order, shortcuts, strides, dilations, pads, activations, the order of what is joined
    and how maps are resized; weights' shapes are compared when the spec is inferred.

    Args:
        graph: ours.
        trace: the file's layers by the names of our nodes.
        ranges: by node, the lowest and highest value that the integers of its map can say: two
            activations that differ only beyond are the same.
    """
    found: list[str] = []
    for node in graph.nodes:
        if isinstance(node, Input):
            continue
        layer = trace.layers.get(node.name)
        if layer is None:
            found.append(f"{node.name}: the file has no such layer")
            continue
        found += [
            f"{node.name}: {what}: MobileNetV2 has {ours}, the file {theirs}"
            for what, ours, theirs in _pairs(graph, node, layer, trace.names, ranges)
            if ours != theirs
        ]
    ours = {node.name for node in graph.nodes}
    return found + [
        f"{name}: {kind(layer)} that MobileNetV2 does not have"
        for name, layer in trace.layers.items()
        if name not in ours
    ]


def _pairs(
    graph: Graph, node: Node, layer: Layer, names: Mapping[int, str], ranges: Ranges
) -> Pairs:
    """(what, ours, theirs) of everything that has to be equal."""

    def name(source: Layer) -> str:
        return names.get(id(source), kind(source))

    match node:
        case Conv() if isinstance(layer, Convolution):
            size = graph.by_name[node.source].shape[:2]
            return [
                ("reads", node.source, name(layer.source)),
                *_convolution(node, layer, size),
                *_activations(node, layer, ranges),
            ]
        case Add() if isinstance(layer, Sum):
            return [
                ("adds", set(node.sources), {name(layer.first), name(layer.second)}),
                *_activations(node, layer, ranges),
            ]
        case Pool() if isinstance(layer, foreign.Average):
            return [("reads", node.source, name(layer.source))]
        case Resize() if isinstance(layer, foreign.Resize):
            return [
                ("reads", node.source, name(layer.source)),
                ("size", node.shape[:2], layer.shape[:2]),
                ("alignment", node.alignment, layer.alignment),
            ]
        case Concat() if isinstance(layer, foreign.Concat):
            return [("joins", node.parts, tuple(name(part) for part in layer.parts))]
        case _:
            return [("is", f"a {type(node).__name__.lower()}", kind(layer))]


def _convolution(node: Conv, layer: Convolution, size: tuple[int, int]) -> Pairs:
    pairs: Pairs = [
        ("groups", node.groups, layer.groups),
        ("stride", (node.stride, node.stride), layer.stride),
        ("pads", _effective(node.pads, size, node), _effective(layer.pads, size, node)),
    ]
    if node.kernel != (1, 1):
        pairs.append(("dilation", (node.dilation, node.dilation), layer.dilation))
    return pairs


def _activations(node: Conv | Add, layer: Convolution | Sum, ranges: Ranges) -> Pairs:
    low, high = ranges.get(node.name, FREE)
    ours, theirs = (
        (max(low, clamp[0]), min(high, clamp[1]))
        for clamp in (CLAMPS[node.activation], layer.clamp)
    )
    # A range that ends a little behind 6 was ReLU6's, and may be that of a ReLU by chance.
    if ours[0] == theirs[0] and (ours[1] == theirs[1] or abs(ours[1] - theirs[1]) < STEP):
        return []
    found = activation(layer.clamp) or f"clip to {layer.clamp}"
    return [("activation", node.activation, found)]


def _effective(pads: tuple[int, ...], size: tuple[int, int], node: Conv) -> tuple[int, ...]:
    """Pads without the rows and columns at the end that no window reaches."""
    kept: list[int] = []
    for length, kernel, before, after in zip(size, node.kernel, pads[::2], pads[1::2], strict=True):
        windows = window_output(length, kernel, node.stride, node.dilation, before + after)
        reached = (windows - 1) * node.stride + (kernel - 1) * node.dilation + 1
        kept += [before, reached - length - before]
    return tuple(kept)
