"""What `evaluate` shows a person: headline figures, classes, and what was left out."""

from collections.abc import Sequence
from typing import assert_never

from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output
from mobilenetv2.datasets.findings import MEANINGS, Finding, counted, tally
from mobilenetv2.evaluate import (
    ClassificationReport,
    DetectionReport,
    MultiLabelReport,
    Proportion,
    SegmentationReport,
)
from mobilenetv2.evaluate.compare_reports import Report
from mobilenetv2.evaluate.shared_classes import SharedClasses
from mobilenetv2.metrics.bootstrap import Interval

NAMES_SHOWN = 8
"""Of a list of classes; --json has them all."""


def print_report(model: str, report: Report) -> None:
    """The short tables of any task."""
    match report:
        case ClassificationReport():
            print_classification(model, report)
        case MultiLabelReport():
            print_multi_label(model, report)
        case DetectionReport():
            print_detection(model, report)
        case SegmentationReport():
            print_segmentation(model, report)
        case _:
            assert_never(report)


def print_classification(model: str, report: ClassificationReport) -> None:
    """Top-1, top-5 and the mean over classes."""
    _heading(model, report.data, counted(report.top1.count, "picture"), report.fingerprint)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("right", justify="right")
    table.add_column("of 100", justify="right")
    table.add_column("95 % interval")
    for name, proportion in (("top-1", report.top1), ("top-5", report.top5)):
        table.add_row(name, *_proportion(proportion))
    mean = _percent(report.mean_class_accuracy)
    table.add_row("mean over classes", "", mean, f"{report.classes_present} classes")
    error = _percent(report.calibration_error)
    table.add_row("calibration error of scores", "", error, "expected, 15 bins")
    output().print(table)


def print_multi_label(model: str, report: MultiLabelReport) -> None:
    """Mean average precision, figures at the threshold, and those of each label."""
    _heading(model, report.data, counted(len(report.paths), "picture"), report.fingerprint)
    overall, exact = report.overall, report.exact
    present = counted(int(report.present.sum()), "label")
    output().print(
        _figures(
            (f"mAP, {present} present", report.mean_average_precision, report.map_interval),
            (f"F1 at {report.threshold:g}, all labels", overall.f1, report.f1_interval),
            ("precision", overall.precision, None),
            ("recall", overall.recall, None),
            ("F1, mean over labels", report.mean_f1, None),
            (f"all labels right, {exact.hits}/{exact.count}", exact.value, exact.interval),
        )
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("label")
    for name in ("pictures", "AP", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    absent = []
    every = zip(report.labels, report.precisions, report.figures, strict=True)
    for label, precision, one in every:
        if one.count:
            rest = (precision, one.precision, one.recall, one.f1)
            table.add_row(escape(label), str(one.count), *map(_percent, rest))
        else:
            absent.append(label)
    output().print("", table, sep="\n")
    if absent:
        line = f"\nNo picture has the {counted(len(absent), 'label')} {_names(absent)}: not judged"
        output().print(line, markup=False, soft_wrap=True)


def print_detection(model: str, report: DetectionReport) -> None:
    """COCO's and VOC's figures, those of each class, and what was left out."""
    about = f"{counted(len(report.pictures), 'picture')}, {counted(report.boxes, 'box', 'boxes')}"
    _heading(model, f"{report.data}, {report.split}", about, report.fingerprint)
    coco, voc = report.coco, report.voc
    output().print(
        _figures(
            ("AP (COCO, overlap 0.50 to 0.95)", coco.ap, None),
            ("AP50", coco.ap50, report.ap50_interval),
            ("AP75", coco.ap75, None),
            ("AP small, up to 32 x 32", coco.ap_small, None),
            ("AP medium", coco.ap_medium, None),
            ("AP large, from 96 x 96", coco.ap_large, None),
            ("recall, 1 a picture", coco.ar_1, None),
            ("recall, 10 a picture", coco.ar_10, None),
            ("recall, 100 a picture", coco.ar_100, None),
            ("VOC AP50, area", voc.ap50, None),
            ("VOC AP50, 11 points", voc.ap50_eleven, None),
        )
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for name in ("boxes", "AP", "AP50"):
        table.add_column(name, justify="right")
    for label, one in zip(report.shared.labels, coco.per_class, strict=True):
        table.add_row(escape(label), str(one.boxes), _percent(one.ap), _percent(one.ap50))
    output().print("", table, "", sep="\n")
    _print_unshared(
        report.shared,
        f"{counted(report.boxes_left_out, 'box', 'boxes')} of them left out",
        f"{counted(report.detections_left_out, 'detection')} of them left out",
    )
    _print_findings(report.findings)


def print_segmentation(model: str, report: SegmentationReport) -> None:
    """Mean IoU and pixel accuracy, the IoU of each class, and what was left out."""
    name = f"{report.data}, {report.split}"
    _heading(model, name, counted(report.count, "picture"), report.fingerprint)
    agreement = report.agreement
    present, classes = agreement.classes_present, len(report.labels)
    output().print(
        _figures(
            (f"mean IoU, {present} classes present", agreement.mean_iou, report.mean_iou_interval),
            (f"mean IoU, all {classes} classes", agreement.mean_iou_all, None),
            ("pixel accuracy", agreement.pixel_accuracy, None),
        )
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    table.add_column("pixels", justify="right")
    table.add_column("IoU", justify="right")
    for label, pixels, iou in zip(
        report.labels, agreement.pixels.tolist(), agreement.per_class, strict=True
    ):
        table.add_row(escape(label), str(pixels), _percent(iou))
    output().print("", table, "", sep="\n")
    left_out = f"{_percent(report.pixels_left_out / report.pixels)} % of pixels left out"
    _print_unshared(report.shared, left_out, "predicting one is wrong")
    ignored = _percent(report.pixels_ignored / report.pixels)
    output().print(f"{ignored} % of pixels are not judged: the masks leave them open")
    if report.without_mask:
        without = counted(len(report.without_mask), "picture has", "pictures have")
        output().print(f"{without} no mask and were left out")


def _heading(model: str, data: str, count: str, fingerprint: str) -> None:
    about = f"{count}, set {fingerprint}"
    output().print(f"[bold]{escape(model)}[/bold] on {escape(data)} ({about})", soft_wrap=True)


def _figures(*rows: tuple[str, float | None, Interval | None]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("of 100", justify="right")
    table.add_column("95 % interval")
    for name, value, interval in rows:
        ends = f"{_percent(interval[0])} .. {_percent(interval[1])}" if interval else ""
        table.add_row(name, _percent(value), ends)
    return table


def _print_unshared(shared: SharedClasses, of_data: str, of_model: str) -> None:
    lines = []
    if shared.only_data:
        lines.append(f"The model has no class {_names(shared.only_data)}: {of_data}")
    if shared.only_model:
        lines.append(f"The data has no class {_names(shared.only_model)}: {of_model}")
    if shared.respelled:
        pairs = [f"{ours} is {theirs}" for ours, theirs in shared.respelled.items()]
        lines.append(f"Matched but for case, spaces, hyphens, underscores: {_names(pairs)}")
    for line in lines:
        output().print(line, markup=False, soft_wrap=True)


def _print_findings(findings: Sequence[Finding]) -> None:
    first = {finding.kind: finding for finding in reversed(findings)}
    for kind, count in tally(findings).items():
        many = f"{counted(count.boxes, 'box', 'boxes')}, " if count.boxes else ""
        example = f"{first[kind].path.name}: {first[kind].detail}"
        line = f"{MEANINGS[kind]} ({many}{counted(count.files, 'file')}; {example})"
        output().print(line, markup=False, soft_wrap=True)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _proportion(proportion: Proportion) -> tuple[str, str, str]:
    low, high = proportion.interval
    return (
        f"{proportion.hits}/{proportion.count}",
        _percent(proportion.value),
        f"{_percent(low)} .. {_percent(high)}",
    )
