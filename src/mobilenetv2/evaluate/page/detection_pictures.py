"""Pictures on which a detector erred most, with what it said and what it should have."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from mobilenetv2.errors import ImageError
from mobilenetv2.evaluate.detection_details import DetectionDetails
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.metrics.detection_errors import KINDS, ErrorKind
from mobilenetv2.tasks.contact_sheet import Tile, fitted
from mobilenetv2.tasks.image import decode_to_show
from mobilenetv2.tasks.lettering import BLACK, Color

PICTURES = 12
SIDE = 480
"""Pixels of a picture's longer side on the page."""

RIGHT_COLOR: Color = (0, 158, 115)

ERROR_COLORS: Mapping[ErrorKind, Color] = {
    "wrong class": (204, 121, 167),
    "badly placed": (230, 159, 0),
    "both": (150, 120, 60),
    "doubled": (86, 180, 233),
    "on background": (213, 94, 0),
    "missed": (240, 228, 66),
}
"""Okabe and Ito's, as far as they reach."""


def error_tiles(report: DetectionReport, most: int = PICTURES) -> list[Tile]:
    """Those with the most errors above the threshold, most first; decodes them again."""
    details = report.details
    explained = details.explained
    wrong = explained.detections.pictures[explained.kinds >= 0]
    missed = explained.objects.pictures[explained.missed]
    errors = np.bincount(np.concatenate([wrong, missed]), minlength=len(report.pictures))
    tiles = []
    for position in np.argsort(-errors, kind="stable")[:most].tolist():
        path = report.pictures[position].path
        if not errors[position]:
            break
        try:
            image = fitted(Image.fromarray(decode_to_show(path)), SIDE)
        except ImageError:
            continue
        _draw(image, report, details, position)
        tiles.append(Tile(image, (path.name, _told(details, position))))
    return tiles


def _draw(
    image: Image.Image, report: DetectionReport, details: DetectionDetails, position: int
) -> None:
    """Right boxes below, then missed objects, then wrong detections."""
    explained = details.explained
    found, objects = explained.detections, explained.objects
    pen = ImageDraw.Draw(image)
    scale = SIDE / max(report.pictures[position].size)
    here = np.flatnonzero(found.pictures == position)
    for row in here[np.argsort(explained.kinds[here], kind="stable")].tolist():
        kind = explained.kinds[row]
        color = RIGHT_COLOR if kind < 0 else ERROR_COLORS[KINDS[kind]]
        _box(pen, found.xywh[row] * scale, color)
    for row in np.flatnonzero((objects.pictures == position) & explained.missed).tolist():
        _box(pen, objects.xywh[row] * scale, ERROR_COLORS["missed"])


def _box(pen: ImageDraw.ImageDraw, xywh: np.ndarray, color: Color) -> None:
    left, top, width, height = xywh.tolist()
    frame = (left, top, max(left + 3, left + width), max(top + 3, top + height))
    pen.rectangle((frame[0] - 1, frame[1] - 1, frame[2] + 1, frame[3] + 1), outline=BLACK, width=1)
    pen.rectangle(frame, outline=color, width=3)


def _told(details: DetectionDetails, position: int) -> str:
    """Such as "9 right, 2 missed"."""
    explained = details.explained
    kinds = explained.kinds[explained.detections.pictures == position]
    counts = {"right": int((kinds < 0).sum())}
    counts |= {kind: int((kinds == place).sum()) for place, kind in enumerate(KINDS)}
    here = explained.objects.pictures == position
    counts["missed"] = int((explained.missed & here).sum())
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
