"""The page of a segmenter."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.evaluate.page.figures import confusion, headlines, percent
from mobilenetv2.evaluate.page.html import (
    Html,
    bar,
    cells,
    gallery,
    join,
    keys,
    paragraph,
    picture,
    section,
    table,
)
from mobilenetv2.evaluate.page.plots import css
from mobilenetv2.evaluate.segmentation import to_model_ids
from mobilenetv2.evaluate.segmentation_report import SegmentationReport
from mobilenetv2.metrics.class_figures import class_figures
from mobilenetv2.model import Model
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.sources.side_by_side import prepare_as_chosen
from mobilenetv2.tasks.contact_sheet import Tile, fitted
from mobilenetv2.tasks.draw_mask import mask_colors
from mobilenetv2.tasks.image import decode_to_show
from mobilenetv2.tasks.lettering import Color
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.results import Segmentation
from mobilenetv2.tasks.segment import Mask, has_background

PICTURES = 8
SIDE = 360


def segmentation_sections(report: SegmentationReport, tiles: Sequence[Tile]) -> Html:
    """Figures, pictures, what was taken for what, classes."""
    agreement, boundary = report.agreement, report.boundary
    rows = [
        (f"mean IoU, {agreement.classes_present} classes present", agreement.mean_iou,
         report.mean_iou_interval),
        ("pixel accuracy", agreement.pixel_accuracy, None),
    ]  # fmt: skip
    if boundary is not None:
        rows.append(("mean boundary F", boundary.mean, None))
    parts = [headlines(rows)]
    if tiles:
        parts.append(
            section(
                "Pictures that agree least",
                paragraph("The right answer on the left, the model's on the right.", dim=True),
                keys(_legend(report)),
                gallery([picture(tile.picture, " - ".join(tile.lines)) for tile in tiles], "pairs"),
            )
        )
    names = [*report.labels, "(no answer)"]
    shown = names if agreement.confusion[:, -1].any() else names[:-1]
    parts += [
        confusion(agreement.confusion[:, : len(shown)], report.labels, shown, "pixels"),
        _classes(report),
    ]
    return join(*parts)


def disagreement_tiles(
    report: SegmentationReport,
    model: Model,
    masks: Mapping[PictureFile, MaskedPicture],
    meaning: MaskMeaning,
    options: Options,
    most: int = PICTURES,
) -> list[Tile]:
    """Those of the lowest mean IoU, lowest first, with both masks; asks the model again.

    Args:
        report: of the model.
        model: a segmenter.
        masks: of the judged pictures.
        meaning: of the masks' values.
        options: scales and flipping, as they were judged with.
        most: how many.
    """
    shares = np.array(report.mean_iou_of_pictures)
    to_model, colors = to_model_ids(report.shared), mask_colors(report.labels)
    plain = has_background(report.labels)
    tiles = []
    for place in np.argsort(shares, kind="stable")[:most].tolist():
        path = report.pictures[place]
        pixels = decode_to_show(path)
        prepared = prepare_as_chosen(model, path, options)
        answer = model.answer(prepared, options)
        if np.isnan(shares[place]) or not isinstance(answer, Segmentation):
            continue
        truth = to_model[meaning.read_ids(masks[path])]
        pair = [_painted(pixels, mask, colors, plain) for mask in (truth, answer.mask)]
        side_by_side = np.concatenate(pair, axis=1)
        image = fitted(Image.fromarray(side_by_side), 2 * SIDE)
        tiles.append(Tile(image, (path.name, f"mean IoU {percent(float(shares[place]))}")))
    return tiles


def _painted(pixels: Pixels, mask: Mask, colors: np.ndarray, plain: bool) -> Pixels:
    painted = pixels // 2 + colors[mask] // 2
    if plain:
        painted[mask == 0] = pixels[mask == 0]
    result: Pixels = painted.astype(np.uint8)
    return result


def _legend(report: SegmentationReport) -> list[tuple[str, str]]:
    colors = mask_colors(report.labels)
    seen = [
        index
        for index, figures in enumerate(class_figures(report.agreement.confusion))
        if (figures.count or figures.answered)
        and not (index == 0 and has_background(report.labels))
    ]
    return [(css(_color(colors[index])), report.labels[index]) for index in seen]


def _color(values: np.ndarray) -> Color:
    red, green, blue = values.tolist()
    return red, green, blue


def _classes(report: SegmentationReport) -> Html:
    agreement = report.agreement
    nothing = (None,) * len(report.labels)
    outlines = report.boundary.per_class if report.boundary else nothing
    figures = class_figures(agreement.confusion)
    total = max(1, int(agreement.pixels.sum()))
    rows = [
        (
            *cells(label, f"{one.count / total:.2%}", percent(iou)),
            bar(iou or 0.0),
            *cells(percent(one.precision), percent(one.recall), percent(outline)),
        )
        for label, one, iou, outline in zip(
            report.labels, figures, agreement.per_class, outlines, strict=True
        )
        if one.count or one.answered
    ]
    return section(
        "Classes",
        paragraph(
            "Boundary F: whether outlines lie within 0.75 % of the picture's diagonal of each "
            "other.",
            dim=True,
        ),
        table(("class", "of pixels", "IoU", "", "precision", "recall", "boundary F"), rows),
    )
