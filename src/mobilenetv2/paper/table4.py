"""Table 4: accuracy, parameters, multiply-adds and latency on ImageNet."""

from mobilenetv2.network.count import Analysis, analyze
from mobilenetv2.network.spec import MobileNetV1, Spec
from mobilenetv2.paper.cells import Cell, Comparison, agreement, count_cell
from mobilenetv2.paper.other_networks import Count, count, shufflenet
from mobilenetv2.paper.slim import SLIM_V1, SLIM_V1_URL, SLIM_V2, SLIM_V2_URL, SlimPoint

NASNET = "https://arxiv.org/abs/1707.07012"
SHUFFLENET = "https://arxiv.org/abs/1707.01083"
MOBILENET = "https://arxiv.org/abs/1704.04861"

TOO_LARGE = "d-li14/mobilenetv2.pytorch's author: it should be 6.1M"
PHONE = "a measurement on the large core of a Pixel 1 with TensorFlow Lite of 2018: no such phone"


def table_4() -> Comparison:
    """Six networks by accuracy, parameters, MAdds and milliseconds."""
    return Comparison(
        "Table 4: ImageNet", "6.1",
        (*_mobilenet_v1(), *_shufflenets(), *_nasnet(), *_mobilenet_v2(), *_wide()),
    )  # fmt: skip


def _mobilenet_v1() -> tuple[Cell, ...]:
    ours, slim, row = analyze(Spec(backbone=MobileNetV1())), SLIM_V1[0], "MobileNetV1"
    return (
        Cell(
            row, "top-1", "70.6", f"{slim.top1}", "cited",
            "70.6 is what MobileNet's own paper prints; TF-slim's checkpoint reached 70.9 later",
            SLIM_V1_URL,
        ),
        _parameters(row, "4.2M", ours),
        count_cell(
            row, "MAdds", "575M", ours.madds, how="counted", thread=SLIM_V1_URL,
            why="TF-slim's table says 569 and so does the count; where 575 comes from is unknown",
        ),
        Cell(row, "CPU", "113ms", "-", "open", PHONE),
    )  # fmt: skip


def _shufflenets() -> tuple[Cell, ...]:
    return (
        *_shufflenet("ShuffleNet (1.5)", ("71.5", "3.4M", "292M"), count(shufflenet(1.5)), 24),
        *_shufflenet(
            "ShuffleNet (x2)", ("73.7", "5.4M", "524M"), count(shufflenet(2, stem=48)), 48
        ),
    )


def _shufflenet(row: str, printed: tuple[str, str, str], ours: Count, stem: int) -> list[Cell]:
    how = (
        f"counted from ShuffleNet's layout with g = 3; with {stem} channels in its first "
        "convolution, the printed MAdds hold for no other of 24, 36 and 48"
    )
    return [
        Cell(row, "top-1", printed[0], printed[0], "cited", "ShuffleNet's own paper", SHUFFLENET),
        count_cell(row, "params", printed[1], ours.parameters, how=how),
        count_cell(row, "MAdds", printed[2], ours.madds, how=how),
    ]


def _nasnet() -> tuple[Cell, ...]:
    row, how = "NasNet-A", "NASNet's own paper, NASNet-A (4 @ 1056)"
    values = (("top-1", "74.0"), ("params", "5.3M"), ("MAdds", "564M"))
    return (
        *(Cell(row, column, value, value, "cited", how, NASNET) for column, value in values),
        Cell(row, "CPU", "183ms", "-", "open", PHONE),
    )


def _mobilenet_v2() -> tuple[Cell, ...]:
    row, ours, slim = "MobileNetV2", analyze(Spec()), _slim(1.0)
    return (
        _accuracy(row, "72.0", slim, "TF-slim's recipe names 72.0 as what it reaches"),
        _parameters(row, "3.4M", ours),
        count_cell(row, "MAdds", "300M", ours.madds, how="counted, and cut instead of rounded"),
        _latency(row, "75ms", slim),
    )


def _wide() -> tuple[Cell, ...]:
    row, ours, slim = "MobileNetV2 (1.4)", analyze(Spec(width=1.4)), _slim(1.4)
    kernels, everything = ours.parameters.kernels, ours.parameters.trainable
    return (
        _accuracy(row, "74.7", slim, "the same network, trained again"),
        count_cell(
            row, "params", "6.9M", kernels, how="kernels alone",
            why=f"no way of counting gives 6.9M: {kernels:,} kernels, {everything:,} with batch "
            f"norm and bias; {TOO_LARGE}",
            thread="https://github.com/d-li14/mobilenetv2.pytorch/issues/20",
        ),
        count_cell(
            row, "MAdds", "585M", ours.madds, how="counted", thread=SLIM_V2_URL,
            why="TF-slim's table says 582, cut from what is counted",
        ),
        _latency(row, "143ms", slim),
    )  # fmt: skip


def _parameters(row: str, printed: str, ours: Analysis) -> Cell:
    counts = ours.parameters
    fits = agreement(printed, counts.trainable) == "rounding"
    value, what = (
        (counts.trainable, "all that trains") if fits else (counts.kernels, "kernels alone")
    )
    how = f"{what}, rounded" if fits else f"{what}, cut ({counts.trainable:,} with batch norm)"
    return count_cell(row, "params", printed, value, how=how)


def _accuracy(row: str, printed: str, slim: SlimPoint, what: str) -> Cell:
    return Cell(
        row, "top-1", printed, f"{slim.top1}", "cited",
        f"{what}; its published checkpoint has {slim.top1} on ImageNet's validation pictures",
        SLIM_V2_URL,
    )  # fmt: skip


def _latency(row: str, printed: str, slim: SlimPoint) -> Cell:
    reason = f"{PHONE} here; TF-slim's table has {slim.pixel1_ms} ms on a Pixel 1"
    return Cell(row, "CPU", printed, f"{slim.pixel1_ms}ms", "cited", reason, SLIM_V2_URL)


def _slim(width: float) -> SlimPoint:
    return next(point for point in SLIM_V2 if (point.width, point.side) == (width, 224))
