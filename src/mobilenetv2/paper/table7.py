"""Table 7: Mobile DeepLabv3 on PASCAL VOC 2012."""

from dataclasses import dataclass

from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import (
    Backbone,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    ResNet101,
    Spec,
)
from mobilenetv2.paper.cells import Cell, Comparison, agreement, count_cell

SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
"""Of the multi-scale rows (figure 8's caption); each is run as it is and mirrored."""

MODEL_ZOO = "https://github.com/tensorflow/models/blob/master/research/deeplab/g3doc/model_zoo.md"
ATROUS = "with padded atrous maps, as TensorFlow counts"

RESNET = (
    "; with a root of three 3x3 convolutions and multi-grid 1, 2, 4, which the paper leaves out"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of Table 7 as printed."""

    backbone: Backbone
    name: str
    output_stride: int
    aspp: bool
    multi_scale: bool
    mean_iou: str
    parameters: str
    madds: str

    @property
    def label(self) -> str:
        """Network, output stride, and the marked columns."""
        parts = [self.name, f"OS {self.output_stride}"]
        return ", ".join(parts + ["ASPP"] * self.aspp + ["MF"] * self.multi_scale)


ROWS = (
    Row(MobileNetV1(), "MNet V1", 16, True, False, "75.29", "11.15M", "14.25B"),
    Row(MobileNetV1(), "MNet V1", 8, True, True, "78.56", "11.15M", "941.9B"),
    Row(MobileNetV2(), "MNet V2*", 16, True, False, "75.70", "4.52M", "5.8B"),
    Row(MobileNetV2(), "MNet V2*", 8, True, True, "78.42", "4.52M", "387B"),
    Row(MobileNetV2(), "MNet V2*", 16, False, False, "75.32", "2.11M", "2.75B"),
    Row(MobileNetV2(), "MNet V2*", 8, False, True, "77.33", "2.11M", "152.6B"),
    Row(ResNet101(), "ResNet-101", 16, True, False, "80.49", "58.16M", "81.0B"),
    Row(ResNet101(), "ResNet-101", 8, True, True, "82.70", "58.16M", "4870.6B"),
)


@dataclass(frozen=True, slots=True)
class Passes:
    """What a row costs, all its passes together."""

    madds: int
    """Exact."""
    madds_tfprof: int
    """As TensorFlow's profiler counts atrous convolutions."""


def table_7() -> Comparison:
    """Eight rows by mean IoU, parameters and multiply-adds."""
    cells: list[Cell] = []
    for row in ROWS:
        ours = analyze(_spec(row, 513))
        cells.append(_mean_iou(row))
        cells.append(
            count_cell(
                row.label,
                "params",
                row.parameters,
                ours.parameters.trainable,
                how="all that trains" + (RESNET if isinstance(row.backbone, ResNet101) else ""),
            )
        )
        cells.append(_madds(row, cost(row)))
    return Comparison("Table 7: PASCAL VOC 2012", "6.3", tuple(cells))


def cost(row: Row) -> Passes:
    """One pass at 513 pixels, or twelve over six sizes at output stride 8."""
    if not row.multi_scale:
        sides, times = [513], 1
    else:
        sides, times = [int(512 * scale + 1) for scale in SCALES], 2
    counted = [analyze(_spec(row, side)) for side in sides]
    return Passes(
        times * sum(one.madds for one in counted), times * sum(one.madds_tfprof for one in counted)
    )


def _spec(row: Row, side: int) -> Spec:
    rates = {16: (6, 12, 18), 8: (12, 24, 36)}[row.output_stride] if row.aspp else ()
    return Spec(
        backbone=row.backbone, head=DeepLab(21, rates), size=(side, side),
        output_stride=row.output_stride,
    )  # fmt: skip


def _mean_iou(row: Row) -> Cell:
    if isinstance(row.backbone, MobileNetV2) and not row.aspp:
        reason = "TensorFlow's model zoo, mobilenetv2_coco_voc_trainaug"
        return Cell(row.label, "mIOU", row.mean_iou, row.mean_iou, "cited", reason, MODEL_ZOO)
    reason = "needs pretraining on COCO and a training on VOC; no public weights of this row"
    return Cell(row.label, "mIOU", row.mean_iou, "-", "open", reason)


def _madds(row: Row, ours: Passes) -> Cell:
    exact, passes = ours.madds / 1e9, "12 passes, " if row.multi_scale else ""
    how = f"{passes}{ATROUS}; exactly {exact:,.2f}B"
    if agreement(row.madds, ours.madds_tfprof) == "near":
        how += "; the rest is unexplained"
    return count_cell(
        row.label, "MAdds", row.madds, ours.madds_tfprof, how=how,
        why=f"{how}. The text's '4.9 times fewer than ResNet-101' is 4870.6B / "
        f"{ours.madds_tfprof / 1e9:.1f}B = {4870.6e9 / ours.madds_tfprof:.2f}: it agrees with "
        f"ours, not with the table (4870.6 / 941.9 = {4870.6 / 941.9:.2f})"
        if row.multi_scale and isinstance(row.backbone, MobileNetV1) else "",
    )  # fmt: skip
