"""The tour's parts on what the network is made of: figures 2, 3, 4 and tables 1, 2."""

from collections.abc import Sequence

from mobilenetv2.paper.blocks import BlockFigure, FlowFigure
from mobilenetv2.paper.cells import Comparison
from mobilenetv2.paper.table1 import BlockCost, block_costs
from mobilenetv2.paper.tour.sections import Grid, Section, comparison_grid


def tell_figure_2(data: Sequence[BlockFigure]) -> Section:
    """How a convolution became a bottleneck."""
    return Section(
        before=(
            "A regular convolution (a) filters and mixes channels in one go, at "
            "h · w · d · d' · k² multiply-adds. A **separable** one (b) does it in two: a "
            "depthwise 3x3 filters every channel alone, a pointwise 1x1 mixes them, at h · w · d · "
            "(k² + d'). With k = 3 that is 8 to 9 times less (section 3.1, equation 1). "
            "MobileNetV2 adds two things. It leaves out the non-linearity where a map is narrow, "
            "the **linear bottleneck** (c); and since what is narrow should be kept and what is "
            "wide is needed only for filtering, it **expands** in between (d). Stacked, (c) and "
            "(d) are the same chain of layers, cut at another place.",
            "Each picture is drawn from a node of a real network's graph, named beside it. "
            "Thickness stands for channels. Hatched: no non-linearity behind it.",
        ),
        picture="Four rows of boxes: regular, separable, linear-bottleneck and expanded "
        "convolutions as maps joined by arrows",
        grids=(_sizes(data),),
    )  # fmt: skip


def tell_figure_3(data: Sequence[BlockFigure]) -> Section:
    """Why the residual is called inverted."""
    return Section(
        before=(
            "A classical residual block (a) is wide at both ends and narrow inside; the shortcut "
            "joins the wide maps. MobileNetV2 turns it inside out (b): **the shortcut joins the "
            "narrow ones**. What has to wait in memory until the sum is then 6 times smaller, and "
            "section 6.4 finds that it also learns better (figure 6b).",
        ),
        picture="A residual block with wide ends and an inverted residual block with narrow ends, "
        "each with its shortcut",
        grids=(_sizes(data),),
        after=(
            "Section 3.4 says that a block whose inner depth is 0 is the identity, thanks to the "
            "shortcut. That holds for the 10 of 17 blocks that have one: those of stride 1 whose "
            "input has as many channels as their output.",
        ),
    )  # fmt: skip


def tell_table_1(data: Comparison) -> Section:
    """Table 1 and the formula below it."""
    return Section(
        before=(
            "The block in figures. Table 1 is symbolic, so each of its rows is held against every "
            "block of the graph. The formula in the text below it, "
            "h · w · d' · t · (d' + k² + d''), takes the size of the input throughout, and so is "
            "exact only where the block does not stride.",
        ),
        grids=(comparison_grid(data), _costs(block_costs())),
    )


def tell_table_2(data: Comparison) -> Section:
    """Table 2."""
    return Section(
        before=(
            "The whole network is eleven rows: t is the expansion factor, c the channels that come "
            "out, n how often the row is repeated, s the stride of its first block. Ours are read "
            "back off the graph, which knows nothing of rows.",
        ),
        grids=(comparison_grid(data),),
        after=(
            "Two more things make it the paper's network. The first block has t = 1 and **no** "
            "expanding convolution: many copies keep a useless 1x1 there and count 313.6M "
            "multiply-adds instead of 300.8M "
            "([thread](https://github.com/tensorflow/models/issues/4516)). And for widths below 1 "
            "the last convolution keeps its 1280 channels (section 4).",
        ),
    )


def tell_figure_4(data: Sequence[FlowFigure]) -> Section:
    """Blocks of four architectures."""
    where = "; ".join(f"{block.title}: {block.found}" for block in data)
    return Section(
        before=(
            "The same idea beside its contemporaries. MobileNet's blocks are read off the graphs; "
            "those of NasNet and ShuffleNet, which nothing here builds, are written out from "
            f"their papers ({where}). Orange: no non-linearity follows.",
        ),
        picture="Flow charts of the blocks of NasNet, MobileNet, ShuffleNet and MobileNetV2 with "
        "stride 1 and stride 2",
    )  # fmt: skip


def _sizes(data: Sequence[BlockFigure]) -> Grid:
    rows = []
    for block in data:
        shapes = [block.source, *(layer.shape for layer in block.layers)]
        maps = " → ".join(f"{s.height}x{s.width}x{s.channels}" for s in shapes)
        operators = ", ".join(
            layer.label + (" linear" if layer.linear else "") for layer in block.layers
        )
        rows.append((block.title, block.found, maps, operators))
    return Grid(("", "taken from", "maps", "convolutions"), tuple(rows))


def _costs(costs: Sequence[BlockCost]) -> Grid:
    rows = [
        (
            cost.name,
            str(cost.stride),
            f"{cost.counted:,}",
            f"{cost.formula:,}",
            f"{100 * (cost.formula / cost.counted - 1):+.1f} %",
        )
        for cost in costs
    ]
    columns = ("block", "stride", "counted", "by the formula", "difference")
    return Grid(columns, tuple(rows), frozenset({1, 2, 3, 4}), fold="The formula, block by block")
