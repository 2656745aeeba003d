"""The page of a classifier."""

from collections.abc import Sequence

from mobilenetv2.evaluate.classification_report import ClassificationReport, JudgedPicture
from mobilenetv2.evaluate.page.figures import confusion, headlines, percent
from mobilenetv2.evaluate.page.html import (
    Html,
    bar,
    cells,
    join,
    paragraph,
    section,
    table,
)
from mobilenetv2.evaluate.page.mistakes import MISTAKES, decoded, surest_mistakes
from mobilenetv2.evaluate.page.plots import reliability_plot
from mobilenetv2.metrics.class_figures import ClassFigures, class_figures
from mobilenetv2.tasks.contact_sheet import Tile


def classification_sections(report: ClassificationReport, tiles: Sequence[Tile]) -> Html:
    """Figures, mistakes, what was taken for what, classes, calibration."""
    figures = class_figures(report.confusion)
    judged = [index for index, one in enumerate(figures) if one.count or one.answered]
    labels = [report.labels[index] for index in judged]
    counts = report.confusion[judged][:, judged]
    parts = [
        headlines(
            [
                ("top-1", report.top1.value, report.top1.interval),
                ("top-5", report.top5.value, report.top5.interval),
                ("mean over classes", report.mean_class_accuracy, None),
                ("calibration error", report.calibration_error, None),
            ]
        )
    ]
    parts += surest_mistakes(tiles, "Wrong answers by how sure the model was.")
    if len(judged) > 1:
        parts.append(confusion(counts, labels, labels, "pictures"))
    parts.append(_classes(labels, [figures[index] for index in judged]))
    parts.append(
        section(
            "May it be believed?",
            paragraph(
                "Bars below the dashed line: surer than right. The darker a bar, the more pictures "
                "it holds. The calibration error is the mean distance to the line.",
                dim=True,
            ),
            reliability_plot(report.reliability),
        )
    )
    return join(*parts)


def mistake_tiles(report: ClassificationReport, most: int = MISTAKES) -> list[Tile]:
    """The surest mistakes with what is so and what was said; decodes them again."""
    return decoded((one.path, _lines(report, one)) for one in report.mistakes[:most])


def _lines(report: ClassificationReport, one: JudgedPicture) -> tuple[str, str, str]:
    said = f"said {report.labels[one.answer]} {one.confidence:.0%}"
    return f"is {report.labels[one.target]}", said, one.path.name


def _classes(labels: Sequence[str], figures: Sequence[ClassFigures]) -> Html:
    """Worst first."""
    pairs = sorted(zip(labels, figures, strict=True), key=lambda pair: pair[1].f1 or 0.0)
    rows = [
        (
            *cells(label, str(one.count), percent(one.precision), percent(one.recall)),
            *cells(percent(one.f1)),
            bar(one.f1 or 0.0),
        )
        for label, one in pairs
    ]
    return section(
        "Classes, the worst first",
        table(("class", "pictures", "precision", "recall", "F1", ""), rows),
    )
