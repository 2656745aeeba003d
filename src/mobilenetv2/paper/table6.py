"""Table 6: real-time detectors on COCO."""

from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import Backbone, MobileNetV1, MobileNetV2, Spec, SSDLite
from mobilenetv2.paper.cells import NEAR, Cell, Comparison, count_cell
from mobilenetv2.paper.other_networks import count, vgg_ssd, yolo_v2
from mobilenetv2.paper.table4 import PHONE

SSD_PAPER = "https://arxiv.org/abs/1512.02325"
YOLO_PAPER = "https://arxiv.org/abs/1612.08242"
NO_TRAINING = (
    "needs a training on COCO's 115,000 pictures and its test server; no public weights of this "
    "system can be judged here"
)


def table_6() -> Comparison:
    """Five detectors by accuracy, parameters, MAdds and milliseconds."""
    return Comparison(
        "Table 6: COCO test-dev", "6.2",
        (
            *_ssd(300, "23.2", "35.2B"),
            *_ssd(512, "26.8", "99.5B"),
            *_yolo(),
            *_ssdlite("MNet V1 + SSDLite", MobileNetV1(), ("22.2", "5.1M", "1.3B", "270ms")),
            *_ssdlite("MNet V2 + SSDLite", MobileNetV2(), ("22.1", "4.3M", "0.8B", "200ms")),
        ),
    )  # fmt: skip


def _ssd(side: int, accuracy: str, madds: str) -> tuple[Cell, ...]:
    row, ours, larger = f"SSD{side}", count(vgg_ssd(side)), count(vgg_ssd(512))
    percent = abs(ours.madds / 1e9 / float(madds[:-1]) - 1) * 100
    layout = "counted from the public VGG-16 layout with 81 classes"
    away = f"{layout}, {percent:.1f} % away; which variant was counted is not said"
    one_figure = (
        f"SSD300 and SSD512 are printed with one figure, that of SSD512 ({larger.parameters:,}); "
        "SSD300 has a layer and a predictor less"
    )
    return (
        Cell(row, "mAP", accuracy, accuracy, "cited", "SSD's own paper, test-dev2015", SSD_PAPER),
        count_cell(
            row, "params", "36.1M", ours.parameters, how=layout,
            why=one_figure if ours != larger else "",
        ),
        count_cell(
            row, "MAdds", madds, ours.madds, otherwise="open", how=away,
            why=away if percent > 100 * NEAR else "",
        ),
    )  # fmt: skip


def _yolo() -> tuple[Cell, ...]:
    row, released = "YOLOv2", count(yolo_v2(416))
    first, large = (count(yolo_v2(side, squeezed_passthrough=False)) for side in (416, 544))
    return (
        Cell(row, "mAP", "21.6", "21.6", "cited", "YOLOv2's own paper, test-dev2015", YOLO_PAPER),
        count_cell(
            row, "params", "50.7M", released.parameters, how="counted",
            why=f"of another layout than the MAdds beside it: {released.parameters:,} where "
            f"the passthrough is squeezed to 64 channels, {first.parameters:,} where it is not",
        ),
        count_cell(
            row, "MAdds", "17.5B", first.madds,
            how="counted at 416 pixels, its passthrough not squeezed as in the first release "
            f"({released.madds / 1e9:.1f}B with 64 channels); later comparisons list the 21.6 at "
            f"544 pixels, where it costs {large.madds / 1e9:.1f}B",
        ),
    )  # fmt: skip


def _ssdlite(row: str, backbone: Backbone, printed: tuple[str, str, str, str]) -> tuple[Cell, ...]:
    ours = analyze(Spec(backbone=backbone, head=SSDLite(80), size=(320, 320)))
    how = "counted as a whole at 320 pixels"
    accuracy, parameters, madds, latency = printed
    return (
        Cell(row, "mAP", accuracy, "-", "open", NO_TRAINING),
        count_cell(row, "params", parameters, ours.parameters.trainable, how=how),
        count_cell(row, "MAdd", madds, ours.madds, how=how),
        Cell(row, "CPU", latency, "-", "open", PHONE),
    )
