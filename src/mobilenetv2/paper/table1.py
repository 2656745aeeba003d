"""Table 1: the bottleneck residual block, and the cost formula of section 3.3."""

from dataclasses import dataclass
from math import prod

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Graph, Node
from mobilenetv2.network.spec import Spec
from mobilenetv2.paper.cells import Cell, Comparison, same_cell

BLOCKS = 17
"""Of Table 2, counted by `table_2`."""


@dataclass(frozen=True, slots=True)
class BlockCost:
    """One block's multiply-adds, and what section 3.3's formula gives for it."""

    name: str
    stride: int
    counted: int
    formula: int
    """h w d' t (d' + k^2 + d''), with the size of the block's input."""


def table_1() -> Comparison:
    """Each row of Table 1 held against all blocks of the network.

    The printed rows are symbolic; ours is how many of the seventeen blocks fit them.
    """
    graph = build(Spec())
    nodes = graph.by_name
    blocks = [_layers(nodes, index) for index in range(BLOCKS)]
    expanding = [block for block in blocks if len(block) == 3]
    rows: list[Cell] = []
    for printed, row, operator, fits in (
        ("h x w x k", "1", "1x1 conv2d, ReLU6", [_expands(b, graph) for b in expanding]),
        ("h x w x tk", "2", "3x3 dwise s=s, ReLU6", [_filters(b[-2]) for b in blocks]),
        ("h/s x w/s x tk", "3", "linear 1x1 conv2d", [_projects(b[-1]) for b in blocks]),
    ):
        if not all(fits):
            raise ValueError(f"row {row} of Table 1 does not fit {fits.count(False)} blocks")
        how = f"so in {len(fits)} of {BLOCKS} blocks of the graph" + (
            "; the first has t = 1 and no expansion" if len(fits) < BLOCKS else ""
        )
        after = {"1": "h x w x (tk)", "2": "h/s x w/s x (tk)", "3": "h/s x w/s x k'"}[row]
        rows += [
            same_cell(f"row {row}", "input", printed, printed, how),
            same_cell(f"row {row}", "operator", operator, operator, how),
            same_cell(f"row {row}", "output", after, after, how),
        ]
    return Comparison("Table 1: the bottleneck residual block", "3.3", (*rows, _formula_cell()))


def block_costs() -> tuple[BlockCost, ...]:
    """The seventeen blocks of the network at width 1 and 224 pixels, counted and by formula."""
    nodes = build(Spec()).by_name
    costs = []
    for index in range(BLOCKS):
        layers = _layers(nodes, index)
        depthwise, project = layers[-2], layers[-1]
        source = nodes[layers[0].source].shape
        inner, outputs = depthwise.shape.channels, project.shape.channels
        # Without an expansion its term is missing from the formula as well.
        terms = (source.channels if len(layers) == 3 else 0) + 9 + outputs
        costs.append(
            BlockCost(
                f"block{index}",
                depthwise.stride,
                sum(c.shape.height * c.shape.width * prod(c.weight_shape) for c in layers),
                source.height * source.width * inner * terms,
            )
        )
    return tuple(costs)


def _formula_cell() -> Cell:
    costs = block_costs()
    exact = [cost.counted == cost.formula for cost in costs]
    if exact != [cost.stride == 1 for cost in costs]:
        raise ValueError("the formula must be exact at stride 1 and nowhere else")
    counted, formula = (sum(getattr(cost, name) for cost in costs) for name in _SUMS)
    return Cell(
        "text below", "multiply-adds", "h*w*d'*t*(d' + k^2 + d'')",
        f"exact in {sum(exact)} of {BLOCKS} blocks", "erratum",
        "at stride 2 the depthwise and the linear convolution run on a quarter of the positions; "
        f"summed over all blocks the formula gives {formula:,}, the graph {counted:,}",
    )  # fmt: skip


_SUMS = ("counted", "formula")


def _layers(nodes: dict[str, Node], index: int) -> list[Conv]:
    names = (f"block{index}.{part}" for part in ("expand", "depthwise", "project"))
    found = (nodes.get(name) for name in names)
    return [node for node in found if isinstance(node, Conv)]


def _expands(layers: list[Conv], graph: Graph) -> bool:
    expand = layers[0]
    source = graph.by_name[expand.source].shape
    return (
        expand.kernel == (1, 1)
        and expand.activation == "relu6"
        and expand.shape == (source.height, source.width, 6 * source.channels)
    )


def _filters(layer: Conv) -> bool:
    return layer.depthwise and layer.kernel == (3, 3) and layer.activation == "relu6"


def _projects(layer: Conv) -> bool:
    return layer.kernel == (1, 1) and layer.activation == "none" and layer.stride == 1
