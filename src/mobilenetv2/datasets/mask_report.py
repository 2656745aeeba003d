"""What is in the masks of a data set, before anything is learnt from or judged on them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from mobilenetv2.datasets.findings import IN_THEIR_PLACE, MEANINGS, Finding, counted, tally
from mobilenetv2.datasets.imbalance import imbalance_note
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.mask_pixels import MaskSizeError
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.read_mask import IGNORED, UnknownIdError
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.member import PictureFile

MOSTLY = 0.99
"""Of a data set's pixels: a class or the ignored ones beyond that deserve a warning."""


@dataclass(frozen=True, slots=True)
class MaskReport:
    """Pixels by class, and which pictures cannot be used and why."""

    usable: MaskedPictures
    """The data set without the pictures that have a finding."""
    labels: tuple[str, ...]
    pixels: tuple[int, ...]
    """Pixels of each class."""
    pictures: tuple[int, ...]
    """Pictures that show each class."""
    ignored: int
    """Pixels that are neither learnt from nor judged."""
    findings: tuple[Finding, ...] = field(repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was understood of the masks without being declared."""
    uniform: tuple[PictureFile, ...] = field(default=(), repr=False)
    """Pictures whose mask is of one class alone, or of none that counts: nothing was drawn, or
    all of it."""

    @property
    def without_examples(self) -> tuple[str, ...]:
        """Labels of which there is not one pixel."""
        return tuple(
            label for label, count in zip(self.labels, self.pixels, strict=True) if not count
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know, in sentences."""
        return tuple(_warnings(self))

    def to_json(self) -> dict[str, object]:
        """Counts by label, shares of the pixels that count, and every finding."""
        total = max(1, sum(self.pixels))
        classes = zip(self.labels, self.pixels, self.pictures, strict=True)
        return {
            "task": "segmentation",
            "data": self.usable.name,
            "split": self.usable.split,
            "pictures": len(self.usable.pictures),
            "classes": [
                {"label": label, "pixels": pixels, "share": pixels / total, "pictures": pictures}
                for label, pixels, pictures in classes
            ],
            "ignored_pixels": self.ignored,
            "findings": [
                {"kind": found.kind, "path": str(found.path), "detail": found.detail}
                for found in self.findings
            ],
            "warnings": list(self.warnings),
        }


def report_masks(
    data: MaskedPictures, meaning: MaskMeaning, advance: Callable[[], None] | None = None
) -> MaskReport:
    """Open every mask and count; what cannot be used is left out of `usable` with a finding.

    Args:
        data: from `read_masked`.
        meaning: of the masks' values.
        advance: called after each picture, for a progress bar.
    """
    pixels = np.zeros(256, np.int64)
    shown = np.zeros(256, np.int64)
    findings = [Finding("mask missing", path, "no mask has its name") for path in data.without_mask]
    findings += [
        Finding("picture missing", path, "a mask of no picture") for path in data.without_picture
    ]
    findings += [
        Finding("left aside", item.path, item.kind)
        for item in data.left_aside
        if item.kind not in IN_THEIR_PLACE
    ]
    usable: list[MaskedPicture] = []
    uniform: list[PictureFile] = []
    for picture in data.pictures:
        try:
            counts = np.bincount(meaning.read_ids(picture).ravel(), minlength=256)
        except (DatasetError, ImageError) as error:
            findings.append(_finding(error, picture.path))
        else:
            pixels += counts
            shown += counts > 0
            usable.append(picture)
            if np.count_nonzero(counts[:IGNORED]) < 2:
                uniform.append(picture.path)
        if advance:
            advance()
    classes = len(meaning.labels)
    return MaskReport(
        usable=replace(data, pictures=tuple(usable)),
        labels=meaning.labels,
        pixels=tuple(pixels[:classes].tolist()),
        pictures=tuple(shown[:classes].tolist()),
        ignored=int(pixels[IGNORED]),
        findings=tuple(findings),
        notes=meaning.notes,
        uniform=tuple(uniform),
    )


def _finding(error: DatasetError | ImageError, path: PictureFile) -> Finding:
    match error:
        case ImageError():
            return Finding("unreadable picture", path, str(error))
        case MaskSizeError():
            return Finding("mask of another size", path, str(error))
        case UnknownIdError():
            return Finding("unknown id", path, str(error))
        case _:
            return Finding("mask unreadable", path, str(error))


def _warnings(report: MaskReport) -> list[str]:
    found: list[str] = list(report.notes)
    for kind, count in tally(report.findings).items():
        first = next(item for item in report.findings if item.kind == kind)
        much = counted(count.files, "file")
        found.append(f"{MEANINGS[kind]} ({much}; {first.path.name}: {first.detail})")
    if not report.usable.pictures:
        found.append("not one picture can be used")
        return found
    if report.without_examples:
        names = report.without_examples
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        many = counted(len(names), "class has", "classes have")
        found.append(f"{many} no pixel: {', '.join(names[:10])}{more}")
    rare = imbalance_note(report.labels, report.pictures, "pictures")
    if rare:
        found.append(rare)
    total = sum(report.pixels)
    if report.ignored > MOSTLY * (total + report.ignored):
        found.append(
            "almost all pixels are ignored; if 255 is a class of yours, give a table of colors "
            "such as 'background,0,0,0' and 'object,255,255,255'"
        )
    elif total and max(report.pixels) == total and len(report.labels) > 1:
        only = report.labels[report.pixels.index(max(report.pixels))]
        found.append(
            f"every pixel that counts is {only!r}; if 255 is a class of yours and not to be "
            "ignored, give a table of colors such as 'object,255,255,255'"
        )
    return found
