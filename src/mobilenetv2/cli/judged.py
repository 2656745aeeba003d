"""A model judged on pictures that are read already, and pictures for the page about it."""

from collections.abc import Callable
from dataclasses import dataclass

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.progress import Advance
from mobilenetv2.datasets.read_boxes import ReadBoxes
from mobilenetv2.evaluate import (
    evaluate_classifier,
    evaluate_detector,
    evaluate_multi_label,
    evaluate_segmenter,
)
from mobilenetv2.evaluate.compare_reports import Report
from mobilenetv2.model import Model
from mobilenetv2.tasks.contact_sheet import Tile
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures
from mobilenetv2.tasks.options import DEFAULTS, Options


@dataclass(frozen=True, slots=True)
class Judged:
    """A report and what makes pictures for its page."""

    report: Report
    tiles: Callable[[], list[Tile]]


def judge_classes(
    model: Model, pictures: LabeledPictures, advance: Advance, options: Options = DEFAULTS
) -> Judged:
    """Of a classifier: the surest mistakes are its pictures."""
    report = evaluate_classifier(model, pictures, advance, options)

    def tiles() -> list[Tile]:
        from mobilenetv2.evaluate.page.classification import mistake_tiles

        return mistake_tiles(report)

    return Judged(report, tiles)


def judge_labels(
    model: Model, pictures: MultiLabelPictures, advance: Advance, options: Options = DEFAULTS
) -> Judged:
    """Of a classifier of several labels a picture, likewise."""
    report = evaluate_multi_label(model, pictures, advance, options)

    def tiles() -> list[Tile]:
        from mobilenetv2.evaluate.page.multi_label import wrong_label_tiles

        return wrong_label_tiles(report)

    return Judged(report, tiles)


def judge_boxes(
    model: Model, read: ReadBoxes, advance: Advance, options: Options = DEFAULTS
) -> Judged:
    """Of a detector: the pictures with the most errors."""
    report = evaluate_detector(model, read.pictures, advance, read.findings, options)

    def tiles() -> list[Tile]:
        from mobilenetv2.evaluate.page.detection_pictures import error_tiles

        return error_tiles(report)

    return Judged(report, tiles)


def judge_masks(
    model: Model,
    pictures: MaskedPictures,
    meaning: MaskMeaning,
    advance: Advance,
    options: Options = DEFAULTS,
) -> Judged:
    """Of a segmenter, outlines too: the pictures that agree least."""
    report = evaluate_segmenter(model, pictures, meaning, advance, options, outlines=True)

    def tiles() -> list[Tile]:
        from mobilenetv2.evaluate.page.segmentation import disagreement_tiles

        masks = {picture.path: picture for picture in pictures.pictures}
        return disagreement_tiles(report, model, masks, meaning, options)

    return Judged(report, tiles)
