"""The page of a classifier of several labels a picture."""

from collections.abc import Sequence

from mobilenetv2.evaluate.multi_label_report import MultiLabelReport, WrongLabel
from mobilenetv2.evaluate.page.figures import headlines, percent
from mobilenetv2.evaluate.page.html import (
    Html,
    bar,
    cells,
    join,
    section,
    table,
)
from mobilenetv2.evaluate.page.mistakes import MISTAKES, decoded, surest_mistakes
from mobilenetv2.tasks.contact_sheet import Tile


def multi_label_sections(report: MultiLabelReport, tiles: Sequence[Tile]) -> Html:
    """Figures, mistakes, labels."""
    overall = report.overall
    at = f"at {report.threshold:g}"
    parts = [
        headlines(
            [
                ("mAP", report.mean_average_precision, report.map_interval),
                (f"F1 {at}", overall.f1, report.f1_interval),
                (f"precision {at}", overall.precision, None),
                (f"recall {at}", overall.recall, None),
                ("all labels right", report.exact.value, report.exact.interval),
            ]
        )
    ]
    parts += surest_mistakes(tiles, "Labels said or missed by how sure the model was.")
    return join(*parts, _labels(report))


def wrong_label_tiles(report: MultiLabelReport, most: int = MISTAKES) -> list[Tile]:
    """The surest wrong labels on their pictures, which are decoded again."""
    return decoded((one.path, _lines(report, one)) for one in report.mistakes[:most])


def _lines(report: MultiLabelReport, one: WrongLabel) -> tuple[str, str]:
    label = report.labels[one.label]
    said = f"is {label}, scored" if one.missed else f"is not {label}, scored"
    return f"{said} {one.score:.0%}", one.path.name


def _labels(report: MultiLabelReport) -> Html:
    """Worst first."""
    every = zip(report.labels, report.precisions, report.figures, strict=True)
    found = [(label, precision, one) for label, precision, one in every if precision is not None]
    rows = [
        (
            *cells(label, str(one.count), percent(precision), percent(one.precision)),
            *cells(percent(one.recall), percent(one.f1)),
            bar(precision),
        )
        for label, precision, one in sorted(found, key=lambda row: row[1])
    ]
    headings = ("label", "pictures", "average precision", "precision", "recall", "F1", "")
    return section("Labels, the worst first", table(headings, rows))
