"""Figures that the paper states in its sentences rather than in its tables."""

from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import MobileNetV2, Spec
from mobilenetv2.paper.cells import Cell, Comparison, count_cell
from mobilenetv2.paper.table7 import ROWS, cost


def sentences() -> Comparison:
    """Claims with a figure in them, section by section."""
    return Comparison(
        "Figures in the text", "3 to 6", (*_section_3(), *_section_4(), *_section_6())
    )


def _section_3() -> tuple[Cell, ...]:
    least, most = (9 * d / (9 + d) for d in (64, 1024))
    inner = build(Spec()).by_name["block10.depthwise"].shape.channels
    return (
        Cell(
            "3.1, a separable convolution with k = 3 costs less", "times", "8 to 9",
            f"{least:.1f} to {most:.1f}", "rounding",
            "k^2 d / (k^2 + d) for d = 64 and d = 1024 output channels",
        ),
        count_cell(
            "4, a block from 64 channels expands to", "channels", "384", inner,
            how="block10, t = 6",
        ),
    )  # fmt: skip


def _section_4() -> tuple[Cell, ...]:
    smallest, widest = Spec(width=0.35, size=(96, 96)), Spec(width=1.4)
    small, wide = analyze(smallest), analyze(widest)
    scaled = analyze(Spec(backbone=MobileNetV2(last_channel="scaled"), width=0.35, size=(96, 96)))
    return (
        count_cell(
            "4, the cheapest network", "MAdds", "7M", small.madds, how="counted",
            why=f"width 0.35 at 96 pixels; {scaled.madds:,} if the last convolution were scaled "
            "as well. Nothing gives 7 (and the paper leaves the M out)",
        ),
        count_cell(
            "4, the most expensive", "MAdds", "585M", wide.madds, how="counted",
            why="width 1.4; TF-slim's table says 582",
        ),
        count_cell(
            "4, the smallest model", "params", "1.7M", small.parameters.trainable,
            how="width 0.35, all that trains",
        ),
        count_cell(
            "4, the largest", "params", "6.9M", wide.parameters.trainable, how="counted",
            why="width 1.4; see Table 4",
            thread="https://github.com/d-li14/mobilenetv2.pytorch/issues/20",
        ),
    )  # fmt: skip


def _section_6() -> tuple[Cell, ...]:
    v1, resnet = (cost(row).madds_tfprof for row in (ROWS[1], ROWS[7]))
    single = cost(ROWS[0]).madds_tfprof, cost(ROWS[6]).madds_tfprof
    return (
        Cell(
            "6.2, cheaper than YOLOv2", "times", "20", f"{17.5 / 0.8:.1f}", "rounding",
            "17.5B / 0.8B of Table 6",
        ),
        Cell(
            "6.2, smaller than YOLOv2", "times", "10", f"{50.7 / 4.3:.1f}", "rounding",
            "50.7M / 4.3M of Table 6, rounded down",
        ),
        Cell(
            "6.2, MNet V2 + SSDLite is the most accurate of the three", "mAP", "22.1", "22.2",
            "erratum", "V1 + SSDLite has 22.2 in the same table",
        ),
        Cell(
            "6.3, MNet V1 is cheaper than ResNet-101", "times", "4.9 to 5.7",
            f"{resnet / v1:.1f} to {single[1] / single[0]:.1f}", "rounding",
            "rows of Table 7 as we count them; the printed rows would give 5.2 to 5.7",
        ),
        Cell(
            "6.3, pictures of PASCAL VOC", "pixels", "512x512", "513x513", "erratum",
            "the MAdds of Table 7 hold at 513, where strides of 16 and 8 meet the borders; "
            "2.60B at 512 without ASPP against the printed 2.75B",
        ),
    )  # fmt: skip
