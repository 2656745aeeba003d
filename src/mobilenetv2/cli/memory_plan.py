"""`mobilenetv2 info --memory`: what the engine keeps at every step, and where it lies."""

import numpy as np
from rich.table import Table

from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.plan import largest_at_once, lives_of
from mobilenetv2.engine.program import InvertedResidual, Program
from mobilenetv2.engine.strips import Strip, working_bytes
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.quantized import Quantization


def planned(spec: Spec, quantization: Quantization | None) -> tuple[Graph, Program]:
    """The program of a network, with weights of zero where it has no integers of its own."""
    graph = build(folded_spec(spec))
    zeros = {name: np.zeros(shape, np.float32) for name, shape in graph.parameter_shapes.items()}
    return graph, lower(graph, quantization or zeros)


def memory_json(graph: Graph, program: Program) -> dict[str, object]:
    """The plan as plain values, all in bytes."""
    lives = lives_of(program.steps, program.input, program.outputs)
    peak, step = largest_at_once(program.tensors, lives, program.arithmetic, len(program.steps))
    return {
        "arithmetic": program.arithmetic,
        "arena_bytes": program.arena_bytes,
        "peak_bytes": peak,
        "peak_step": program.steps[step].target,
        "working_bytes": max(_working(graph, program, s) for s in range(len(program.steps))),
        "steps": [
            {
                "step": type(made).__name__,
                "target": made.target,
                "live_bytes": _live(program, number),
                "working_bytes": _working(graph, program, number),
            }
            for number, made in enumerate(program.steps)
        ],
    }


def memory_table(graph: Graph, program: Program) -> Table:
    """A row a step: maps that exist then, and what the step works in beside them."""
    facts = memory_json(graph, program)
    table = Table(
        title=f"Memory of one run, {program.arithmetic}",
        caption=(
            f"Arena: {program.arena_bytes:,} bytes; the most that exists at once is "
            f"{facts['peak_bytes']:,} bytes, at {facts['peak_step']}. Ring and strip: up to "
            f"{facts['working_bytes']:,} bytes for each thread."
        ),
        title_justify="left",
        caption_justify="left",
    )
    for name in ("step", "writes", "at byte", "maps, bytes", "ring and strip, bytes"):
        table.add_column(name, justify="left" if name in ("step", "writes") else "right")
    places = {
        tensor.name: offset for tensor, offset in zip(program.tensors, program.offsets, strict=True)
    }
    for number, step in enumerate(program.steps):
        working = _working(graph, program, number)
        table.add_row(
            type(step).__name__,
            step.target,
            f"{places[step.target]:,}",
            f"{_live(program, number):,}",
            f"{working:,}" if working else "",
        )
    return table


def _live(program: Program, step: int) -> int:
    lives = lives_of(program.steps, program.input, program.outputs)
    return sum(
        tensor.bytes(program.arithmetic)
        for tensor in program.tensors
        if lives[tensor.name].first <= step <= lives[tensor.name].last
    )


def _working(graph: Graph, program: Program, number: int) -> int:
    step = program.steps[number]
    if not isinstance(step, InvertedResidual):
        return 0
    depthwise = graph.by_name[step.depthwise.name]
    source = graph.by_name[step.sources[0]].shape
    if not isinstance(depthwise, Conv):
        return 0
    return working_bytes(Strip(step.rows, step.panel), depthwise, source, program.arithmetic)
