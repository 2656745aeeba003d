"""Written boxes become boxes that hold: inside the picture, right way round, large enough."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.findings import Finding, FindingKind
from mobilenetv2.datasets.picture_header import PictureHeader, read_header
from mobilenetv2.datasets.stated_size import to_real_pixels
from mobilenetv2.datasets.written import WrittenBox, WrittenPicture
from mobilenetv2.errors import ImageError
from mobilenetv2.shards.member import PictureFile

SMALLEST_SIDE = 0.999
"""Pixels. One pixel, less what six decimals of a YOLO file lose."""

CLIP_TOLERANCE = 0.5
"""Pixels a box may reach out of the picture before that is worth a word: rounding does."""

NOT_ONE = "not one of its boxes is of numbers: the picture is left out, it is no empty one"

Corners = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Checked:
    """A picture whose boxes hold; None where it, or not one of them, can be used; and why."""

    picture: BoxedPicture | None
    findings: tuple[Finding, ...]


def check_boxes(written: WrittenPicture, classes: Mapping[str, int]) -> Checked:
    """Bring the boxes of one picture into order.

    Corners that are swapped are swapped back, what reaches out of the picture is cut off, a side
    under one pixel or a coordinate that is no number leaves the box out, and so does a second box
    with the same class and corners. The picture's real size counts, not the one stated. Where not
    one box is of numbers, the picture is left out: what was marked is there, wherever.

    Args:
        written: a reader's.
        classes: label to index; boxes of other labels are left out (the caller counts them).
    """
    try:
        header = read_header(written.path)
    except ImageError as error:
        return Checked(None, (Finding("unreadable picture", written.path, str(error)),))
    kept = [box for box in written.boxes if box.label in classes]
    corners, findings = _scaled(written, kept, header)
    if corners is None:
        return Checked(None, findings)
    indices_of_class = np.array([classes[box.label] for box in kept], np.int64)
    raw = corners
    corners, indices, repaired = _repaired(written.path, raw, indices_of_class, header.size)
    if kept and not np.isfinite(raw).all(1).any():
        why = Finding("annotation unreadable", written.path, NOT_ONE)
        return Checked(None, (*findings, *repaired, why))
    boxes = [kept[index] for index in indices]
    sides = corners[:, 2:] - corners[:, :2]
    own = [box.area if box.area is not None else np.nan for box in boxes]
    areas = np.array(own, np.float64)
    picture = BoxedPicture(
        path=written.path,
        identity=written.identity,
        size=header.size,
        boxes=corners.astype(np.float32),
        classes=indices_of_class[indices],
        ignored=np.array([box.ignored for box in boxes], np.bool_),
        areas=np.where(np.isfinite(areas), areas, sides.prod(1)),
    )
    return Checked(picture, (*findings, *repaired))


def _scaled(
    written: WrittenPicture, boxes: list[WrittenBox], header: PictureHeader
) -> tuple[Corners | None, tuple[Finding, ...]]:
    """Corners in pixels of the real picture, [boxes, 4]; None where they are another picture's."""
    corners = np.array([box.ltrb for box in boxes], np.float64).reshape(-1, 4)
    if written.in_shares:
        height, width = header.size
        return corners * (width, height, width, height), ()
    if _look_like_shares(corners):
        height, width = header.size
        detail = f"{len(corners)} boxes, the first ({_text(corners[0])})"
        in_pixels = corners * (width, height, width, height)
        return in_pixels, (Finding("in shares", written.path, detail, len(corners)),)
    if written.size is None or written.size == header.size or min(written.size) < 1:
        return corners, ()
    moved = to_real_pixels(corners, written.size, header)
    return moved.corners, (Finding(moved.kind, written.path, moved.detail, len(boxes)),)


def _look_like_shares(corners: Corners) -> bool:
    """Whether all boxes of a picture lie within its first pixel, with fractions among them.

    In pixels none of them could be seen: they would be left out, and the picture would count as
    one without objects. A lone box of the whole pixel (0, 0, 1, 1) stays what it is.
    """
    within = len(corners) > 0 and bool(((corners >= 0) & (corners <= 1 + 1e-6)).all())
    return within and bool((corners % 1 != 0).any())


def _repaired(
    path: PictureFile, corners: Corners, classes: npt.NDArray[np.int64], size: tuple[int, int]
) -> tuple[Corners, npt.NDArray[np.int64], list[Finding]]:
    """Corners that hold, [kept, 4]; which of the boxes they belong to; and what was done."""
    height, width = size
    findings: list[Finding] = []

    def note(kind: FindingKind, which: npt.NDArray[np.bool_]) -> None:
        if which.any():
            first = corners[which][0]
            detail = f"{which.sum()} of {len(corners)} boxes, the first ({_text(first)})"
            detail += f" in a picture of {width} x {height}"
            findings.append(Finding(kind, path, detail, int(which.sum())))

    finite = np.asarray(np.isfinite(corners).all(1), np.bool_)
    safe = np.where(finite[:, None], corners, 0.0)
    ordered = np.concatenate(
        [np.minimum(safe[:, :2], safe[:, 2:]), np.maximum(safe[:, :2], safe[:, 2:])], 1
    )
    clipped = np.clip(ordered, 0, (width, height, width, height))
    small = finite & ((clipped[:, 2:] - clipped[:, :2]).min(1, initial=np.inf) < SMALLEST_SIDE)
    usable = finite & ~small
    twice = usable & _repeated(clipped, classes, usable)
    usable &= ~twice
    note("not a number", ~finite)
    note("too small", small)
    note("box twice", twice)
    note("corners swapped", usable & (ordered != safe).any(1))
    note("clipped", usable & (np.abs(clipped - ordered).max(1, initial=0) > CLIP_TOLERANCE))
    return clipped[usable], np.flatnonzero(usable), findings


def _repeated(
    corners: Corners, classes: npt.NDArray[np.int64], usable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """[boxes]: whether an earlier usable box has the same class and corners."""
    repeated = np.zeros(len(corners), np.bool_)
    seen: set[tuple[int, bytes]] = set()
    for index in np.flatnonzero(usable):
        key = int(classes[index]), corners[index].tobytes()
        repeated[index] = key in seen
        seen.add(key)
    return repeated


def _text(corners: Corners) -> str:
    return ", ".join(f"{value:.6g}" for value in corners)
