"""The tour's parts on memory: table 3 and section 5.1."""

from mobilenetv2.paper.cells import Comparison
from mobilenetv2.paper.memory import MemoryFigure
from mobilenetv2.paper.tour.sections import Grid, Section, comparison_grid


def tell_table_3(data: Comparison) -> Section:
    """Table 3."""
    return Section(
        before=(
            "What has to be kept between two blocks, at each size of the map, with 16 bits an "
            'activation. The paper\'s "Kb" are kilobytes of 1000 bytes, of a single map.',
        ),
        grids=(comparison_grid(data),),
        after=(
            "Three things went wrong in this table. V2's channels at 56, 28 and 14 pixels are "
            "those of the next stage, which works at half the size. ShuffleNet's are twice the "
            "widths of g = 2, while the column says g = 3. And V1's 199 is 100. The maxima of the "
            "MobileNets, 1600 and 400 kB, are right: both are reached at 112 pixels.",
        ),
    )


def tell_memory(data: MemoryFigure) -> Section:
    """Section 5.1."""
    blocks = tuple(
        (
            block.name,
            f"{block.source:,}",
            f"{block.expanded:,}" if block.expanded else "-",
            f"{block.filtered:,}",
            f"{block.output:,}",
            f"{block.op_by_op:,}",
            f"{block.one_step:,}",
        )
        for block in data.blocks
    )
    splits = tuple(
        (
            str(split.parts),
            f"{split.peak:,}",
            f"{100 * split.peak / data.op_by_op:.0f} %",
            split.peak_at,
            f"{split.madds:,}",
            f"{split.additions:,}",
            f"{split.reads:,}",
        )
        for split in data.splits
    )
    return Section(
        before=(
            "Nothing inside a block is used outside of it. If the block is one operation, only its "
            "input and output have to exist: equation 2 of the paper. The expanded map can then be "
            "made **t parts** at a time, F(x) = Σ (Aᵢ ∘ N ∘ Bᵢ)(x): expand n/t channels, filter "
            "them, project them, add the result up, forget them. Depthwise filtering makes that "
            "possible, since no channel looks at another.",
            "All numbers are elements of one picture's maps, width 1 at 224 pixels; at 16 bits "
            f"they take two bytes each. The network needs {data.op_by_op:,} op by op and "
            f"{data.fused:,} with each block as one step.",
        ),
        picture="Activations alive in every block, op by op, split in four and as one step; "
        "and the network's peak against the number of parts",
        grids=(
            Grid(
                ("t", "peak", "of op by op", "at", "multiply-adds", "extra additions", "reads"),
                splits,
                frozenset({0, 1, 2, 4, 5, 6}),
            ),
            Grid(
                ("block", "input", "expanded", "filtered", "output", "op by op", "one step"),
                blocks,
                frozenset(range(1, 7)),
                fold="Block by block",
            ),
        ),
        after=(
            "The paper recommends t between 2 and 5. The table says why: multiply-adds do not "
            "depend on t, 3 parts already halve the peak, and beyond 5 what is left is the first "
            "block, which has nothing to expand. What grows with t is traffic: each part reads the "
            "block's input again, and adds to its output again. `run_split` in "
            "`mobilenetv2.paper.memory` computes a block this way, and a test holds it equal to "
            "the block unsplit.",
            "The section writes the composition as A ∘ N ∘ B although A acts first.",
        ),
    )  # fmt: skip
