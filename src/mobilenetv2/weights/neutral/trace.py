"""Finds a MobileNetV2 classifier in neutral layers and gives every layer the paper's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from mobilenetv2.errors import CheckpointError
from mobilenetv2.graph import Add, Conv, Graph, Node, window_output
from mobilenetv2.weights.neutral.layers import (
    Average,
    Convolution,
    Layer,
    Padding,
    Picture,
    Softmax,
    Sum,
    Unknown,
    activation,
    ancestry,
)
from mobilenetv2.weights.neutral.network import ForeignNetwork
from mobilenetv2.weights.neutral.resemblance import resemblance


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A foreign classifier's layers under our node names."""

    picture: Picture
    convolutions: Mapping[str, Convolution]
    shortcuts: Mapping[str, Sum]
    pool: Average
    softmax: bool
    """Whether the file gives probabilities, not logits."""

    @property
    def names(self) -> dict[int, str]:
        """The node name of each layer, by the layer's identity."""
        layers: dict[str, Layer] = {"input": self.picture, "pool": self.pool}
        layers |= {**self.convolutions, **self.shortcuts}
        return {id(layer): name for name, layer in layers.items()}


def trace_classifier(network: ForeignNetwork) -> Trace:
    """Walk from the output back to the picture.

    Raises:
        CheckpointError: the layers are not in the order of a MobileNetV2 classifier, with what
            the file looks like.
    """
    logits, pool, softmax = _head(network)
    picture, trunk, sums = _walk(pool.source, network)
    convolutions = _name(trunk, network) | {"logits": logits}
    names = {id(layer): name for name, layer in convolutions.items()}
    shortcuts = {}
    for layer, branch in sums:
        shortcuts[names[id(branch)].replace(".project", ".add")] = layer
    return Trace(picture, convolutions, shortcuts, pool, softmax)


def _head(network: ForeignNetwork) -> tuple[Convolution, Average, bool]:
    """(the layer of logits, the average it reads, whether a softmax follows)."""
    if len(network.outputs) != 1:
        raise CheckpointError(
            f"a classifier has one output, this file has {len(network.outputs)}; "
            + resemblance(network)
        )
    output = network.outputs[0]
    unknown = [layer for layer in ancestry((output,)) if isinstance(layer, Unknown)]
    if unknown:
        raise CheckpointError(
            f"the file uses {unknown[0].operation} ({unknown[0].tensor!r}), which no MobileNetV2 "
            "classifier does; " + resemblance(network)
        )
    logits = output.source if isinstance(output, Softmax) else output
    if not isinstance(logits, Convolution) or logits.shape[:2] != (1, 1):
        height, width, _ = logits.shape
        raise CheckpointError(
            f"the file has no classification layer, it ends in {_kind(logits)} (a map of "
            f"{height}x{width}; a backbone, a feature extractor?); " + resemblance(network)
        )
    if not isinstance(logits.source, Average):
        raise CheckpointError(
            "a classification layer reads the average over the map, this file's reads "
            f"{_kind(logits.source)}; " + resemblance(network)
        )
    return logits, logits.source, isinstance(output, Softmax)


def differences(graph: Graph, trace: Trace) -> list[str]:
    """Where a foreign classifier computes something else than our graph; empty where it does not.

    Compares order, shortcuts, strides, dilations, pads and activations; weights' shapes are
    compared when the spec is inferred.
    """
    found: list[str] = []
    names = trace.names
    for node in graph.nodes:
        layer: Layer | None
        match node:
            case Conv():
                layer = trace.convolutions.get(node.name)
            case Add():
                layer = trace.shortcuts.get(node.name)
            case _:
                continue
        if layer is None:
            found.append(f"{node.name}: the file has no such layer")
        elif isinstance(layer, Convolution | Sum):
            found += [f"{node.name}: {what}" for what in _differ(graph, node, layer, names)]
    surplus = set(trace.shortcuts) - {node.name for node in graph.nodes}
    return found + [
        f"{name}: a shortcut that MobileNetV2 does not have" for name in sorted(surplus)
    ]


def _differ(
    graph: Graph, node: Node, layer: Convolution | Sum, names: Mapping[int, str]
) -> list[str]:
    pairs: list[tuple[str, object, object]] = []
    if isinstance(node, Conv) and isinstance(layer, Convolution):
        source = graph.by_name[node.source].shape
        pairs = [
            ("reads", node.source, names.get(id(layer.source), _kind(layer.source))),
            ("groups", node.groups, layer.groups),
            ("stride", (node.stride, node.stride), layer.stride),
            (
                "pads",
                _effective(node.pads, source[:2], node),
                _effective(layer.pads, source[:2], node),
            ),
            ("activation", node.activation, activation(layer.clamp) or f"clip to {layer.clamp}"),
        ]
        if node.kernel != (1, 1):
            pairs.append(("dilation", (node.dilation, node.dilation), layer.dilation))
    elif isinstance(node, Add) and isinstance(layer, Sum):
        sources = {names.get(id(part), _kind(part)) for part in (layer.first, layer.second)}
        pairs = [
            ("adds", {node.first, node.second}, sources),
            ("activation", node.activation, activation(layer.clamp) or f"clip to {layer.clamp}"),
        ]
    return [
        f"{what}: MobileNetV2 has {ours}, the file {theirs}"
        for what, ours, theirs in pairs
        if ours != theirs
    ]


def _effective(pads: tuple[int, ...], size: tuple[int, int], node: Conv) -> tuple[int, ...]:
    """Pads without the rows and columns at the end that no window reaches."""
    kept: list[int] = []
    for length, kernel, before, after in zip(size, node.kernel, pads[::2], pads[1::2], strict=True):
        windows = window_output(length, kernel, node.stride, node.dilation, before + after)
        reached = (windows - 1) * node.stride + (kernel - 1) * node.dilation + 1
        kept += [before, reached - length - before]
    return tuple(kept)


def _walk(
    layer: Layer, network: ForeignNetwork
) -> tuple[Picture, list[Convolution], list[tuple[Sum, Convolution]]]:
    """From the last map back to the picture: convolutions in the order they run, and shortcuts."""
    trunk: list[Convolution] = []
    sums: list[tuple[Sum, Convolution]] = []
    while not isinstance(layer, Picture):
        if isinstance(layer, Sum):
            branch = _branch(layer)
            if branch is None:
                raise CheckpointError(
                    f"the addition {layer.tensor!r} is no shortcut around a bottleneck; "
                    + resemblance(network)
                )
            sums.append((layer, branch))
            layer = branch
        if not isinstance(layer, Convolution):
            raise CheckpointError(
                "between the picture and the average over the map a MobileNetV2 has "
                f"convolutions and shortcuts, this file has {_kind(layer)} ({layer.tensor!r}); "
                + resemblance(network)
            )
        trunk.append(layer)
        layer = layer.source
    return layer, trunk[::-1], sums


def _branch(layer: Sum) -> Convolution | None:
    """The side of a shortcut that went through the bottleneck and comes from the other side."""
    for branch, shortcut in ((layer.first, layer.second), (layer.second, layer.first)):
        step: Layer = branch
        for _ in range(3):
            if not isinstance(step, Convolution):
                break
            step = step.source
            if step is shortcut and isinstance(branch, Convolution):
                return branch
    return None


def _name(trunk: list[Convolution], network: ForeignNetwork) -> dict[str, Convolution]:
    """stem, then bottlenecks of [expand,] depthwise and project, then last."""
    if len(trunk) < 4:
        raise CheckpointError(
            f"a MobileNetV2 has 52 convolutions before its classifier, this file {len(trunk)}; "
            + resemblance(network)
        )
    named = {"stem": trunk[0]}
    index, block = 1, 0
    while index < len(trunk) - 1:
        parts = (
            ["depthwise", "project"]
            if trunk[index].depthwise
            else ["expand", "depthwise", "project"]
        )
        layers = trunk[index : min(index + len(parts), len(trunk) - 1)]
        kinds = [layer.depthwise for layer in layers]
        if kinds != [part == "depthwise" for part in parts]:
            raise CheckpointError(
                f"bottleneck {block} should be an expanding 1x1, a depthwise 3x3 and a projecting "
                f"1x1 convolution; this file has {', '.join(map(_kind, layers))}, "
                f"beginning at {layers[0].tensor!r}; " + resemblance(network)
            )
        named |= {f"block{block}.{part}": layer for part, layer in zip(parts, layers, strict=True)}
        index, block = index + len(parts), block + 1
    return named | {"last": trunk[-1]}


def _kind(layer: Layer) -> str:
    """A layer in words; of an unknown one, the first unknown operation that led to it."""
    match layer:
        case Convolution():
            kind = "depthwise" if layer.depthwise else "full"
            height, width = layer.weight.shape[2:]
            return f"a {kind} {height}x{width} convolution to {layer.shape.channels} channels"
        case Picture():
            return "the picture"
        case Sum():
            return "an addition"
        case Average():
            return "an average over the map"
        case Padding():
            return "padding"
        case Softmax():
            return "a softmax"
        case Unknown():
            first = next(part for part in ancestry((layer,)) if isinstance(part, Unknown))
            return first.operation
        case _:
            assert_never(layer)
