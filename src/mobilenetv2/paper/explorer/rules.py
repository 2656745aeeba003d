"""Reads the rules of a graph off the graphs themselves, for the page to apply to any setting.

A node's size and channels at a few settings tell the rule behind them: a constant, a multiple of
its source, a share of the width. A rule that would not hold at every probe raises; nothing about
the network is written down twice.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, BatchNorm, Concat, Conv, Graph, Input, Node, Pool, Resize
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    Head,
    MobileNetV2,
    Spec,
    SSDLite,
    round_channels,
    with_expansion,
)

OUTPUT_STRIDES = (32, 16, 8)

HEADS: dict[str, Head] = {
    "classifier": Classifier(1000),
    "ssd": SSD(80),
    "ssdlite": SSDLite(80),
    "deeplab": DeepLab(21),
    "deeplab-aspp": DeepLab(21, (6, 12, 18)),
}
"""By the names of `mobilenetv2 info --head`; ASPP's rates do not change what is counted."""

Rule = dict[str, object]
"""A node for the page: name, op, from, and what its shape follows from."""

_TINY = 0.01
"""A width at which all stages have 8 channels, so that every shortcut there can be is there."""

_SETTINGS = (
    *((width, 6, (224, 224)) for width in (1.0, 0.02, 0.35, 0.5, 0.75, 1.3, 1.4, 2.0)),
    *((1.0, expansion, (96, 160)) for expansion in (7, 3)),
    *((width, 5, (513, 513)) for width in (1.0, 0.4)),
    (1.7, 9, (321, 33)),
)
"""Width, expansion factor and (height, width) of every probe."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A setting and its graph."""

    width: float
    expansion: int
    nodes: dict[str, Node]


def read_rules() -> dict[str, object]:
    """Everything the page needs: {"divisor", "heads": {head: {output stride: [rule, ...]}}}."""
    return {
        "divisor": MobileNetV2().divisor,
        "heads": {
            name: {str(stride): head_rules(head, stride) for stride in OUTPUT_STRIDES}
            for name, head in HEADS.items()
        },
    }


def head_rules(head: Head, output_stride: int) -> list[Rule]:
    """The nodes of one head at one output stride, in the order of the graph.

    Raises:
        ValueError: no rule explains a node's channels or size.
    """
    spec = Spec(head=head, output_stride=output_stride)
    fullest = build(replace(spec, width=_TINY))
    probes = [_probe(spec, *setting) for setting in _SETTINGS]
    return [_rule(node, fullest, probes) for node in fullest.nodes]


def _probe(spec: Spec, width: float, expansion: int, size: tuple[int, int]) -> Probe:
    backbone = with_expansion(MobileNetV2(), expansion)
    built = build(replace(spec, backbone=backbone, width=width, size=size))
    return Probe(width, expansion, built.by_name)


def _rule(node: Node, graph: Graph, probes: list[Probe]) -> Rule:
    rule: Rule = {"name": node.name, "from": list(node.sources)}
    match node:
        case Input():
            return rule | {"op": "input", "channels": node.shape.channels}
        case Conv():
            return rule | _conv_rule(node, probes)
        case Add():
            # Left out by the page where its sources' channels differ, as `network` does.
            return rule | {"op": "add"}
        case Pool():
            _require_global(node, probes)
            return rule | {"op": "pool"}
        case Resize():
            return rule | {"op": "resize", "like": _same_size(node, graph, probes)}
        case Concat():
            return rule | {"op": "concat"}
        case _:
            assert_never(node)


def _conv_rule(node: Conv, probes: list[Probe]) -> Rule:
    for probe in probes:
        found = probe.nodes[node.name]
        source = _source(found, probe)
        if found.shape[:2] != tuple(-(-side // node.stride) for side in source.shape[:2]):
            raise ValueError(f"{node.name}: {source.shape} at stride {node.stride} is no {found}")
    rule: Rule = {"op": "conv", "channels": _channels(node, probes)}
    if node.kernel != (1, 1):
        rule["kernel"] = node.kernel[0]
    if node.stride != 1:
        rule["stride"] = node.stride
    if not isinstance(node.norm, BatchNorm):
        rule["bias"] = True
    return rule


def _channels(node: Conv, probes: list[Probe]) -> list[object]:
    """["same"], ["constant", c], ["times"], ["scaled", c] or ["widened", c]."""
    if node.depthwise:
        return ["same"]
    found = [(p, p.nodes[node.name].shape.channels) for p in probes]
    base = next(c for p, c in found if p.width == 1.0)
    candidates: list[tuple[list[object], list[int]]] = [
        (["constant", base], [base for _ in found]),
        (["scaled", base], [round_channels(base * p.width) for p, _ in found]),
        (["widened", base], [round_channels(base * max(1.0, p.width)) for p, _ in found]),
        (
            ["times"],
            [_source(p.nodes[node.name], p).shape.channels * p.expansion for p, _ in found],
        ),
    ]
    for rule, expected in candidates:
        if expected == [channels for _, channels in found]:
            return rule
    raise ValueError(f"no rule explains the channels of {node.name}: {[c for _, c in found]}")


def _same_size(node: Resize, graph: Graph, probes: list[Probe]) -> str:
    """The nearest node before it that has its height and width at every probe."""
    names = [before.name for before in graph.nodes]
    for name in reversed(names[: names.index(node.name)]):
        if all(
            name in p.nodes and p.nodes[name].shape[:2] == p.nodes[node.name].shape[:2]
            for p in probes
        ):
            return name
    raise ValueError(f"{node.name} has no other node's size at every probe")


def _require_global(node: Pool, probes: list[Probe]) -> None:
    for probe in probes:
        if probe.nodes[node.name].shape[:2] != (1, 1):
            raise ValueError(f"{node.name} must pool the whole map, got {probe.nodes[node.name]}")


def _source(node: Node, probe: Probe) -> Node:
    return probe.nodes[node.sources[0]]
