"""A report written as one page."""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from mobilenetv2.datasets.findings import counted
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.classification_report import ClassificationReport
from mobilenetv2.evaluate.compare_reports import Paired, Report
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.evaluate.multi_label_report import MultiLabelReport
from mobilenetv2.evaluate.page.classification import classification_sections
from mobilenetv2.evaluate.page.curves import Row, run_section
from mobilenetv2.evaluate.page.detection import detection_sections
from mobilenetv2.evaluate.page.figures import comparison
from mobilenetv2.evaluate.page.html import Html, page, paragraph, section
from mobilenetv2.evaluate.page.multi_label import multi_label_sections
from mobilenetv2.evaluate.page.segmentation import segmentation_sections
from mobilenetv2.evaluate.segmentation_report import SegmentationReport
from mobilenetv2.tasks.contact_sheet import Tile
from mobilenetv2.weights.whole_file import write_whole

UNREADABLE_SHOWN = 10


def write_page(
    path: Path,
    name: str,
    report: Report,
    tiles: Sequence[Tile] = (),
    paired: Paired | None = None,
    other: str = "",
    log: Sequence[Row] = (),
) -> None:
    """Write a page that holds everything it shows.

    Args:
        path: of the file.
        name: the model's.
        report: of the model.
        tiles: pictures to show, of `mistake_tiles`, `wrong_label_tiles`, `error_tiles` or
            `disagreement_tiles`.
        paired: its comparison with another model on the same pictures,
        other: which is called so.
        log: of the run that made the model, as `read_log` finds it.

    Raises:
        DatasetError: the file cannot be written.
    """
    text = page(
        f"{name} on {report.data}",
        paragraph(_about(report), dim=True),
        comparison(paired, name, other),
        _sections(report, tiles),
        run_section(log),
        _unreadable(report),
    )
    try:
        write_whole(path, text)
    except OSError as error:
        raise DatasetError(f"{path}: the report cannot be written: {error.strerror}") from error


def _sections(report: Report, tiles: Sequence[Tile]) -> Html:
    match report:
        case ClassificationReport():
            return classification_sections(report, tiles)
        case MultiLabelReport():
            return multi_label_sections(report, tiles)
        case DetectionReport():
            return detection_sections(report, tiles)
        case SegmentationReport():
            return segmentation_sections(report, tiles)
        case _:
            assert_never(report)


def _about(report: Report) -> str:
    match report:
        case ClassificationReport():
            classes = counted(report.classes_present, "class", "classes")
            about = f"{counted(report.top1.count, 'picture')}, {classes} present"
        case MultiLabelReport():
            labels = counted(int(report.present.sum()), "label")
            about = f"{counted(len(report.paths), 'picture')}, {labels} present"
        case DetectionReport():
            pictures = counted(len(report.pictures), "picture")
            about = f"{report.split}, {pictures}, {counted(report.boxes, 'box', 'boxes')}"
        case SegmentationReport():
            about = f"{report.split}, {counted(report.count, 'picture')}"
        case _:
            assert_never(report)
    return f"{about}, set {report.fingerprint}"


def _unreadable(report: Report) -> Html:
    if not report.unreadable:
        return Html("")
    lines = [paragraph(why) for _, why in report.unreadable[:UNREADABLE_SHOWN]]
    return section(f"{len(report.unreadable)} pictures could not be judged", *lines)
