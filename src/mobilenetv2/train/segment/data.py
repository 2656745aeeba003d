"""Which pictures with masks are learnt from, which are judged on, and how large they are."""

from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

from mobilenetv2.datasets.findings import counted
from mobilenetv2.datasets.held_out import hold_out_masked
from mobilenetv2.datasets.mask_meaning import MaskMeaning, find_meaning, model_meaning
from mobilenetv2.datasets.mask_report import MaskReport
from mobilenetv2.datasets.masks import MaskedPictures, NoMasksError, masked_split_names, read_masked
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.split_names import usual_part
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.tasks.framing import fitted_size
from mobilenetv2.train.unlabeled import is_unlabeled, judged_by, unlabeled_masks

LARGEST_SIDE = 513
"""Pixels a side of a network whose size nobody chose: DeepLab's own on PASCAL VOC."""


@dataclass(frozen=True, slots=True)
class SegmentationData:
    """Two parts whose masks mean the same. Nothing but the masks' ids has been looked at."""

    training: MaskedPictures
    validation: MaskedPictures
    meaning: MaskMeaning


def read_segmentation_data(
    data: Path,
    masks: Path | None = None,
    validation: Path | None = None,
    validation_masks: Path | None = None,
    *,
    labels: Path | None = None,
    colors: Path | None = None,
    ignore: Set[int] = frozenset(),
) -> SegmentationData:
    """Pair pictures with masks and read what the ids are called.

    Args:
        data: a folder of pictures, or without `masks` one that holds both, as for `read_masked`.
        masks: the folder of masks.
        validation: likewise; without it the data's own folders train and val are taken, or else,
            and where val has no masks, a fifth of the pictures is held out.
        validation_masks: likewise.
        labels: as for `find_meaning`, and so are
        colors: and
        ignore: ids.

    Raises:
        DatasetError: a folder or a file is missing, no picture has a mask, or there are too few to
            hold any out.
    """
    parts = masked_split_names(data, masks)
    learnt, judged = usual_part("train", parts), usual_part("val", parts)
    training = read_masked(data, masks, learnt)
    if validation is None and validation_masks is not None:
        raise DatasetError(
            f"validation masks need their pictures, got {validation_masks} without any"
        )
    meaning = find_meaning(training, labels, ignore, colors)
    if validation is None and learnt and judged:
        try:
            return SegmentationData(training, read_masked(data, masks, judged), meaning)
        except NoMasksError:
            told = (
                f"{data}: no picture of {judged} has a mask, so nothing can be judged by them: to "
                "validate on, a fifth of the training pictures is held out"
            )
            meaning = replace(meaning, notes=(*meaning.notes, told))
    if validation is None:
        return SegmentationData(*hold_out_masked(training), meaning)
    held = read_masked(validation, validation_masks)
    return SegmentationData(training, held, meaning)


def read_unlabeled_masks(
    data: Path,
    labels: tuple[str, ...],
    validation: Path | None = None,
    validation_masks: Path | None = None,
    *,
    ignore: Set[int] = frozenset(),
) -> SegmentationData:
    """Pictures without masks in two parts, to be learnt from by teachers' answers alone.

    Args:
        data: any folder; every picture below it is taken.
        labels: the teachers', which are learnt.
        validation: with masks, as for `read_segmentation_data`, whose ids are those of `labels`;
            or a folder of pictures as well; None: a fifth of the pictures is held out.
        validation_masks: likewise.
        ignore: ids in these masks.

    Raises:
        DatasetError: no picture, or too few to hold any out.
    """
    training = unlabeled_masks(data)
    if validation is None:
        training, held = hold_out_masked(training)
    elif validation_masks is None and is_unlabeled(validation):
        held = unlabeled_masks(validation)
    else:
        masked = read_masked(validation, validation_masks)
        return SegmentationData(training, masked, model_meaning(masked, labels, ignore))
    judged = replace(held, split=judged_by(held.split))
    return SegmentationData(training, judged, MaskMeaning(labels))


def report_unlabeled(data: MaskedPictures, meaning: MaskMeaning) -> MaskReport:
    """What `report_masks` says of pictures without masks; none is opened."""
    nothing = (0,) * len(meaning.labels)
    return MaskReport(data, meaning.labels, nothing, nothing, 0, ())


def check_masks(training: MaskReport, validation: MaskReport, *, taught: bool = False) -> None:
    """Refuse data from which nothing can be learnt or judged, and ids that nobody declared.

    With a teacher, pictures without masks will do.

    Raises:
        DatasetError: says what is wrong, and where first.
    """
    for report, purpose in ((training, "learn from"), (validation, "judge")):
        name = f"{report.usable.name} ({report.usable.split})"
        unknown = [found for found in report.findings if found.kind == "unknown id"]
        if unknown:
            raise DatasetError(
                f"{name}: {counted(len(unknown), 'mask holds', 'masks hold')} ids or colors that "
                f"are not declared; the first: {unknown[0].detail}"
            )
        if not sum(report.pixels) and not (taught and report.usable.unlabeled):
            why = f"; the first: {report.findings[0].detail}" if report.findings else ""
            raise DatasetError(
                f"{name}: there must be at least one pixel of a class to {purpose}, got none in "
                f"{counted(len(report.usable.pictures), 'mask')} that can be used{why}"
            )


def natural_size(data: MaskedPictures) -> tuple[int, int]:
    """(height, width) of a network that holds every picture as it is, `LARGEST_SIDE` at most.

    Both are multiples of 16 plus 1, which puts the corners of picture and map upon each other.
    Pictures that cannot be read are passed over.
    """
    height = width = 1
    for picture in data.pictures:
        try:
            own = read_header(picture.path).size
        except ImageError:
            continue
        fitted = fitted_size(own, (LARGEST_SIDE, LARGEST_SIDE))
        height, width = max(height, min(own[0], fitted[0])), max(width, min(own[1], fitted[1]))
    return _corner_size(height), _corner_size(width)


def _corner_size(side: int) -> int:
    return max(33, -(-(side - 1) // 16) * 16 + 1)
