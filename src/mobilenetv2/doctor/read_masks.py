"""Pictures with masks as the doctor looks at them."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.findings import Finding, counted
from mobilenetv2.datasets.mask_meaning import find_meaning
from mobilenetv2.datasets.mask_report import MaskReport, report_masks
from mobilenetv2.datasets.masks import MaskedPictures, masked_split_names, read_masked
from mobilenetv2.datasets.progress import Progress
from mobilenetv2.doctor.subject import Part, Subject, worth_comparing
from mobilenetv2.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Declared:
    """What a person says of masks beside the data set."""

    masks: Path | None = None
    labels: Path | None = None
    colors: Path | None = None
    ignore: Set[int] = frozenset()


def read_mask_subject(data: Path, declared: Declared, progress: Progress) -> Subject:
    """Pairs of pictures and masks, each mask opened; masks whose values cannot be understood are
    a reason to stop, and their pictures are looked at all the same.

    Raises:
        DatasetError: as `read_masked`.
    """
    names = masked_split_names(data, declared.masks)
    compared = worth_comparing(names)
    read = (
        [read_masked(data, declared.masks, name) for name in compared]
        if len(compared) > 1
        else [read_masked(data, declared.masks)]
    )
    called = compared if len(compared) > 1 else ("all",)
    layout = "pictures with masks"
    try:
        meaning = find_meaning(read[0], declared.labels, declared.ignore, declared.colors, progress)
    except DatasetError as error:
        parts = [
            Part(name, tuple(one.path for one in part.pictures), (), masked=part)
            for name, part in zip(called, read, strict=True)
        ]
        return Subject("segmentation", read[0].name, layout, (), tuple(parts), stops=(str(error),))
    with progress("Reading masks", sum(len(part.pictures) for part in read)) as advance:
        reports = [report_masks(part, meaning, advance) for part in read]
    return Subject(
        task="segmentation",
        name=read[0].name,
        layout=layout,
        labels=meaning.labels,
        parts=tuple(
            _part(name, part, report)
            for name, part, report in zip(called, read, reports, strict=True)
        ),
        findings=tuple(dict.fromkeys(_findings(reports))),
        notes=meaning.notes,
        stops=tuple(_stops(called, reports)),
        meaning=meaning,
    )


def _part(name: str, pictures: MaskedPictures, report: MaskReport) -> Part:
    return Part(
        name,
        tuple(picture.path for picture in pictures.pictures),
        report.pictures,
        masked=report.usable,
        pixels=report.pixels,
        ignored=report.ignored,
        uniform=report.uniform,
    )


def _findings(reports: Sequence[MaskReport]) -> Iterator[Finding]:
    for report in reports:
        yield from report.findings


def _stops(names: Sequence[str], reports: Sequence[MaskReport]) -> Iterator[str]:
    """What `train segment` refuses, and what leaves it nothing to learn."""
    for name, report in zip(names, reports, strict=True):
        unknown = [found for found in report.findings if found.kind == "unknown id"]
        if unknown:
            many = counted(len(unknown), "mask holds", "masks hold")
            yield f"{many} ids or colors in {name!r} that are not declared: {unknown[0].detail}"
        if not sum(report.pixels):
            yield f"there is not one pixel of a class in {name!r}"
