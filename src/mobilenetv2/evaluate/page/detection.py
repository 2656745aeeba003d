"""The page of a detector."""

from collections.abc import Sequence

import numpy as np

from mobilenetv2.evaluate.detection_details import SIZES, DetectionDetails
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.evaluate.page.detection_pictures import ERROR_COLORS, RIGHT_COLOR
from mobilenetv2.evaluate.page.figures import confusion, headlines, percent
from mobilenetv2.evaluate.page.html import (
    Html,
    bar,
    cells,
    explained,
    gallery,
    join,
    keys,
    paragraph,
    picture,
    section,
    table,
)
from mobilenetv2.evaluate.page.plots import Axis, Line, css, line_plot
from mobilenetv2.metrics.coco_ap import RECALLS
from mobilenetv2.metrics.detection_errors import ERROR_MEANINGS
from mobilenetv2.tasks.contact_sheet import Tile
from mobilenetv2.tasks.palette import class_color

MOST_CURVES = 10
"""In one plot; of more classes those with most boxes."""


def detection_sections(report: DetectionReport, tiles: Sequence[Tile]) -> Html:
    """Figures, errors by kind, curves, what was taken for what, sizes, classes, pictures."""
    coco, details = report.coco, report.details
    names = [*report.shared.labels, "(background)"]
    parts = [
        headlines(
            [
                ("AP (COCO, overlap 0.50 to 0.95)", coco.ap, None),
                ("AP50", coco.ap50, report.ap50_interval),
                ("AP75", coco.ap75, None),
                ("recall, 100 a picture", coco.ar_100, None),
                ("VOC AP50, area", report.voc.ap50, None),
            ]
        ),
        _errors(details),
    ]
    if tiles:
        entries = [(css(color), kind) for kind, color in ERROR_COLORS.items()]
        parts.append(
            section(
                "Pictures with the most errors",
                keys([(css(RIGHT_COLOR), "right"), *entries]),
                gallery([picture(tile.picture, " - ".join(tile.lines)) for tile in tiles]),
            )
        )
    parts += [
        _curves(report, details),
        confusion(details.confusion, names, names, "objects"),
        _classes(report, details),
        _sizes(report, details),
    ]
    return join(*parts)


def _errors(details: DetectionDetails) -> Html:
    most = max(details.costs.values(), default=0.0) or 1.0
    rows = [
        (
            explained(kind, ERROR_MEANINGS[kind]),
            *cells(str(count), f"{100 * details.costs[kind]:.2f}"),
            bar(details.costs[kind] / most),
        )
        for kind, count in details.explained.counts().items()
    ]
    return section(
        "Errors by kind",
        paragraph(
            f"Counted above a score of {details.threshold:g}. What a kind costs: points of AP50 "
            "that mending it alone would bring, over all scores (TIDE).",
            dim=True,
        ),
        table(("kind", "count", "costs AP50", ""), rows),
    )


def _curves(report: DetectionReport, details: DetectionDetails) -> Html:
    boxes = np.array([one.boxes for one in report.coco.per_class])
    shown = [index for index in np.argsort(-boxes, kind="stable").tolist() if boxes[index]]
    labels, curves = report.shared.labels, details.curves
    lines = [
        Line(labels[index], class_color(index), RECALLS, curves[index].precision)
        for index in sorted(shown[:MOST_CURVES])
    ]
    note = "At an overlap of 0.5: of the boxes found, how many are right."
    if len(shown) > MOST_CURVES:
        note += f" The {MOST_CURVES} of {len(shown)} classes with the most boxes."
    plot = line_plot(lines, Axis("recall"), Axis("precision"))
    return section("Precision over recall", paragraph(note, dim=True), plot)


def _classes(report: DetectionReport, details: DetectionDetails) -> Html:
    rows = []
    for label, ap, one, curve in zip(
        report.shared.labels, report.coco.per_class, details.figures, details.curves, strict=True
    ):
        best = f"{curve.best_threshold:.2f}" if curve.best_f1 else "-"
        rows.append(
            (
                *cells(label, str(ap.boxes), percent(ap.ap), percent(ap.ap50)),
                *cells(percent(one.precision), percent(one.recall), percent(one.f1)),
                *cells(best, percent(curve.best_f1)),
            )
        )
    return section(
        "Classes",
        paragraph(
            f"Precision, recall and F1 are those above a score of {details.threshold:g} at an "
            "overlap of 0.5; beside them the score with the best F1 on these pictures.",
            dim=True,
        ),
        table(
            ("class", "boxes", "AP", "AP50", "precision", "recall", "F1", "best from", "F1 there"),
            rows,
        ),
    )


def _sizes(report: DetectionReport, details: DetectionDetails) -> Html:
    coco = report.coco
    figures = (
        ("up to 32 x 32 pixels", coco.ap_small, coco.ar_small),
        ("medium", coco.ap_medium, coco.ar_medium),
        ("from 96 x 96 pixels", coco.ap_large, coco.ar_large),
    )
    rows = [
        cells(name, what, str(count), percent(ap), percent(recall))
        for name, (what, ap, recall), count in zip(
            SIZES, figures, details.boxes_by_size, strict=True
        )
    ]
    return section("Sizes", table(("", "area", "boxes", "AP", "recall"), rows, texts=2))
