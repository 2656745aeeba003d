"""The page as one file, and the figures it must show, counted in Python."""

import json
from dataclasses import dataclass
from importlib.resources import files

from mobilenetv2.network.build import build
from mobilenetv2.network.count import Analysis, analyze, memory_steps
from mobilenetv2.network.spec import MobileNetV2, Spec, with_expansion
from mobilenetv2.paper.explorer.rules import HEADS, read_rules


@dataclass(frozen=True, slots=True)
class Setting:
    """What a reader sets on the page."""

    width: float
    side: int
    """Of the square input, in pixels."""
    expansion: int
    output_stride: int
    head: str
    """A key of `HEADS`."""

    @property
    def spec(self) -> Spec:
        """The network."""
        return Spec(
            backbone=with_expansion(MobileNetV2(), self.expansion),
            head=HEADS[self.head],
            width=self.width,
            size=(self.side, self.side),
            output_stride=self.output_stride,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page's table: a bottleneck, or a node outside of one."""

    name: str
    side: int
    """Of the square map it puts out."""
    channels: int
    madds: int
    parameters: int
    op_by_op: int
    """Most elements alive in it, every node a step of its own."""
    fused: int
    """Elements alive while it is one step."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page shows for a setting."""

    madds: int
    parameters: int
    kernels: int
    op_by_op: int
    fused: int
    rows: tuple[Row, ...]


def explorer_page() -> str:
    """A single HTML file that needs no network: rules, script and style inside."""
    folder = files("mobilenetv2.paper.explorer")
    parts = {
        "STYLE": folder.joinpath("page.css").read_text("utf-8"),
        "SCRIPT": folder.joinpath("page.js").read_text("utf-8"),
        "RULES": json.dumps(read_rules(), separators=(",", ":")),
    }
    page = folder.joinpath("page.html").read_text("utf-8")
    for name, text in parts.items():
        page = page.replace(f"@{name}@", text.strip())
    return page


def count_in_python(setting: Setting) -> Shown:
    """What the page must show, from the graph itself."""
    graph = build(setting.spec)
    analysis = analyze(setting.spec)
    alone = {step.name: step.elements for step in memory_steps(graph, fused=False)}
    layers = {layer.name: layer for layer in analysis.layers}
    members: dict[str, list[str]] = {}
    for node in graph.nodes:
        block = node.name.rpartition(".")[0] if node.name.startswith("block") else node.name
        members.setdefault(block, []).append(node.name)
    rows = []
    for step in memory_steps(graph, fused=True):
        names = members[step.name]
        shape = layers[names[-1]].shape
        rows.append(
            Row(
                step.name, shape.height, shape.channels,
                sum(layers[name].madds for name in names),
                sum(layers[name].parameters for name in names),
                max(alone[name] for name in names),
                step.elements,
            )
        )  # fmt: skip
    return _shown(analysis, tuple(rows))


def _shown(analysis: Analysis, rows: tuple[Row, ...]) -> Shown:
    return Shown(
        madds=analysis.madds,
        parameters=analysis.parameters.trainable,
        kernels=analysis.parameters.kernels,
        op_by_op=analysis.memory.op_by_op,
        fused=analysis.memory.fused,
        rows=rows,
    )
