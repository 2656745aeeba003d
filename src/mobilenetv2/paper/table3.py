"""Table 3: the largest map between blocks at each size, 16 bits an activation."""

from dataclasses import dataclass, replace

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Node
from mobilenetv2.network.spec import MobileNetV1, Spec
from mobilenetv2.paper.cells import Cell, Comparison, agreement, count_cell
from mobilenetv2.paper.other_networks import SHUFFLENET_WIDTHS

SIDES = (112, 56, 28, 14, 7, 1)
NETWORKS = ("MobileNetV1", "MobileNetV2", "ShuffleNet (2x,g=3)")

PRINTED = {
    "MobileNetV1": ("64/1600", "128/800", "256/400", "512/200", "1024/199", "1024/2"),
    "MobileNetV2": ("16/400", "32/200", "64/100", "160/62", "320/32", "1280/2"),
    "ShuffleNet (2x,g=3)": ("32/800", "48/300", "400/600K", "800/310", "1600/156", "1600/3"),
}
"""channels/Kb, in the order of `SIDES`."""

PRINTED_MAXIMUM = {
    "MobileNetV1": "1600K",
    "MobileNetV2": "400K",
    "ShuffleNet (2x,g=3)": "600K",
}


@dataclass(frozen=True, slots=True)
class LargestMap:
    """The map with most channels at one size."""

    side: int
    channels: int

    @property
    def kilobytes(self) -> float:
        """At 2 bytes an activation, 1000 bytes a kilobyte."""
        return self.side**2 * self.channels * 2 / 1000


def table_3() -> Comparison:
    """Channels and memory of every size and network, and each network's maximum."""
    cells: list[Cell] = []
    for network in NETWORKS:
        maps = largest_maps(network)
        for side, printed, ours in zip(SIDES, PRINTED[network], maps, strict=True):
            channels, memory = printed.split("/")
            cells += _pair(network, side, channels, memory, ours)
        most = max(ours.kilobytes for ours in maps)
        cells.append(
            count_cell(
                network,
                "max",
                PRINTED_MAXIMUM[network],
                most * 1000,
                how="largest of the column, in bytes",
                why="the largest of its own column is the 800 of the first row; and with the 48 "
                "channels of the network that Table 4 prices at 524M that row is 1204",
            )
        )
    return Comparison("Table 3: memory between blocks", "4", tuple(cells))


def largest_maps(network: str) -> tuple[LargestMap, ...]:
    """What is held between blocks, in the order of `SIDES`: outputs of blocks and the features.

    The first convolution's map is left out, as the paper does for V2 (32 channels at 112).
    """
    if network.startswith("ShuffleNet"):
        channels = (48, 48, *(2 * width for width in SHUFFLENET_WIDTHS[3]))
        return tuple(
            LargestMap(side, width)
            for side, width in zip(SIDES, (*channels, channels[-1]), strict=True)
        )
    backbone = Spec(backbone=MobileNetV1()) if network == "MobileNetV1" else Spec()
    graph = build(backbone)
    between = [node for node in graph.nodes if _is_block_output(node) or node.name == "pool"]
    return tuple(
        LargestMap(side, max(n.shape.channels for n in between if n.shape.height == side))
        for side in SIDES
    )


def _is_block_output(node: Node) -> bool:
    return node.name.endswith((".project", ".pointwise", ".add"))


def _pair(
    network: str, side: int, channels: str, memory: str, ours: LargestMap
) -> tuple[Cell, Cell]:
    why = _why(network, side)
    alone = LargestMap(side, int(channels))
    row = f"{side}x{side}"
    number = memory.rstrip("K")
    if agreement(number, alone.kilobytes) in (None, "near"):
        why_memory = _why_memory(alone, memory)
    else:
        why_memory = f"follows from the printed {channels} channels; {why}"
    held = count_cell(
        row, f"{network}, Kb", number, ours.kilobytes, decimals=1,
        how=f"{side} x {side} x {ours.channels} x 2 bytes: kilobytes, not kilobits", why=why_memory,
    )  # fmt: skip
    return (
        count_cell(row, f"{network}, channels", channels, ours.channels, how="widest map", why=why),
        replace(held, printed=memory),
    )


def _why(network: str, side: int) -> str:
    if network == "MobileNetV2":
        return "the channels of the next stage, which works at half this size (Table 2)"
    if side == 112:
        return "the 2x network of Table 4's 524M has 48 channels here: with 24 it would have 508M"
    return "twice the widths of g = 2; g = 3 has 240, 480, 960, and with them Table 4's 524M holds"


def _why_memory(printed: LargestMap, memory: str) -> str:
    side, channels = printed.side, printed.channels
    return f"{side} x {side} x {channels} x 2 bytes are {printed.kilobytes:.1f} kB, not {memory}"
