"""What `evaluate --details` and `--against` show a person beside the short tables."""

from collections.abc import Sequence
from typing import assert_never

from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output
from mobilenetv2.cli.evaluation_files import Compared
from mobilenetv2.evaluate import (
    ClassificationReport,
    DetectionReport,
    MultiLabelReport,
    SegmentationReport,
)
from mobilenetv2.evaluate.compare_reports import Report
from mobilenetv2.metrics.class_figures import Ints, class_figures, mistaken
from mobilenetv2.metrics.detection_errors import ERROR_MEANINGS

PAIRS_SHOWN = 10


def print_details(report: Report) -> None:
    """Classes, errors, and what was taken for what."""
    match report:
        case ClassificationReport():
            _print_classifier(report)
        case MultiLabelReport():
            _print_labels(report)
        case DetectionReport():
            _print_detector(report)
        case SegmentationReport():
            _print_segmenter(report)
        case _:
            assert_never(report)


def print_comparison(model: str, other: Compared) -> None:
    """The difference of two models with its interval, and whether chance could have made it."""
    paired = other.paired
    low, high = (f"{100 * end:+.2f}" for end in paired.interval)
    verdict = "beyond chance" if paired.beyond_chance else "may be chance: zero is between"
    table = _table(paired.title, "of 100", "95 % interval")
    table.add_row(escape(model), _percent(paired.first), "")
    table.add_row(escape(other.model), _percent(paired.second), "")
    table.add_row("difference", f"{100 * paired.difference:+.2f}", f"{low} .. {high} ({verdict})")
    output().print("", table, sep="\n")


def _print_classifier(report: ClassificationReport) -> None:
    confusion = report.confusion
    table = _table("class", "pictures", "precision", "recall", "F1")
    for label, one in zip(report.labels, class_figures(confusion), strict=True):
        if one.count or one.answered:
            table.add_row(
                escape(label), str(one.count), _percent(one.precision), _percent(one.recall),
                _percent(one.f1),
            )  # fmt: skip
    output().print("", table, sep="\n")
    error = _percent(report.calibration_error)
    output().print(f"\nExpected calibration error, 15 bins: {error} of 100")
    _print_pairs(confusion, report.labels, "pictures")
    for wrong in report.mistakes[:PAIRS_SHOWN]:
        target, answer = report.labels[wrong.target], report.labels[wrong.answer]
        line = f"{wrong.confidence:.1%} sure of {answer}, is {target}: {wrong.path}"
        output().print(line, markup=False, soft_wrap=True)


def _print_labels(report: MultiLabelReport) -> None:
    output().print()
    for wrong in report.mistakes[:PAIRS_SHOWN]:
        so = "is" if wrong.missed else "is not"
        line = f"{wrong.score:.1%} for {report.labels[wrong.label]}, {so} there: {wrong.path}"
        output().print(line, markup=False, soft_wrap=True)


def _print_detector(report: DetectionReport) -> None:
    details = report.details
    table = _table("class", "precision", "recall", "F1", "best from", "F1 there")
    for label, one, curve in zip(
        report.shared.labels, details.figures, details.curves, strict=True
    ):
        best = f"{curve.best_threshold:.2f}" if curve.best_f1 else "-"
        table.add_row(
            escape(label), _percent(one.precision), _percent(one.recall), _percent(one.f1), best,
            _percent(curve.best_f1),
        )  # fmt: skip
    output().print("", table, sep="\n")
    output().print(f"Above a score of {details.threshold:g}, at an overlap of 0.5", style="dim")
    errors = Table(box=None, pad_edge=False)
    for heading in ("error", "count", "costs AP50", "what it is"):
        errors.add_column(
            heading, justify="right" if heading in ("count", "costs AP50") else "left"
        )
    for kind, count in details.explained.counts().items():
        cost = f"{100 * details.costs[kind]:.2f}"
        errors.add_row(kind, str(count), cost, ERROR_MEANINGS[kind])
    output().print("", errors, sep="\n")
    names = [*report.shared.labels, "(background)"]
    _print_pairs(details.confusion, names, "objects")


def _print_segmenter(report: SegmentationReport) -> None:
    confusion = report.agreement.confusion
    nothing = (None,) * len(report.labels)
    outlines = report.boundary.per_class if report.boundary else nothing
    table = _table("class", "precision", "recall", "boundary F")
    for label, one, outline in zip(report.labels, class_figures(confusion), outlines, strict=True):
        if one.count or one.answered:
            table.add_row(
                escape(label), _percent(one.precision), _percent(one.recall), _percent(outline)
            )
    output().print("", table, sep="\n")
    if report.boundary is not None:
        output().print(f"\nMean boundary F: {_percent(report.boundary.mean)} of 100")
    _print_pairs(confusion, [*report.labels, "(no answer)"], "pixels")


def _print_pairs(confusion: Ints, names: Sequence[str], what: str) -> None:
    pairs = mistaken(confusion)
    if not pairs:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("is")
    table.add_column("was said")
    table.add_column(what, justify="right")
    for one in pairs[:PAIRS_SHOWN]:
        table.add_row(escape(names[one.true]), escape(names[one.answered]), f"{one.count:,}")
    output().print("", table, "", sep="\n")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="left" if "interval" in heading else "right")
    return table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"
