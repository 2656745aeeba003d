"""Which pictures with boxes are learnt from and which are judged on."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.held_out import hold_out_boxes
from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.datasets.split_names import usual_part
from mobilenetv2.errors import DatasetError
from mobilenetv2.train.unlabeled import is_unlabeled, judged_by, unlabeled_boxes


@dataclass(frozen=True, slots=True)
class DetectionData:
    """Two parts with the same labels."""

    training: BoxedPictures
    validation: BoxedPictures
    findings: tuple[Finding, ...] = field(repr=False)
    """What was repaired or left out on the way."""


def read_detection_data(
    data: Path,
    split: str | None = None,
    validation: Path | None = None,
    validation_split: str | None = None,
) -> DetectionData:
    """Read a data set in two parts.

    Labels are those of the whole of `data`, so that a class that only one part has is known to
    both.

    Args:
        data: as for `read_boxes`.
        split: to learn from; None: "train" where there is one, else everything.
        validation: another data set to judge on.
        validation_split: of `validation`, or of `data`. Without either, the data's own "val" is
            taken where `split` does not say otherwise; else a fifth of the training pictures is
            held out.

    Raises:
        DatasetError: as `read_boxes`, or too few pictures to hold any out.
    """
    labels = read_boxes(data).pictures.labels
    names = box_split_names(data)
    if split is None:
        split = usual_part("train", names)
        if validation is None and validation_split is None and split is not None:
            validation_split = usual_part("val", names)
    training = read_boxes(data, split, labels)
    if validation is None and validation_split is None:
        kept, held = hold_out_boxes(training.pictures)
        return DetectionData(kept, held, training.findings)
    judged = read_boxes(validation or data, validation_split, labels)
    return DetectionData(training.pictures, judged.pictures, (*training.findings, *judged.findings))


def check_data(training: BoxedPictures, validation: BoxedPictures, *, taught: bool = False) -> None:
    """Refuse data from which nothing can be learnt or judged; with a teacher all can be.

    Raises:
        DatasetError: says what is missing.
    """
    if training.labels != validation.labels:
        raise DatasetError(
            f"training and validation need the same labels, got {list(training.labels[:5])} and "
            f"{list(validation.labels[:5])}"
        )
    for data, purpose in ((training, "train on"), (validation, "validate on")):
        if not data.boxes and not taught:
            raise DatasetError(
                f"{data.name} ({data.split}): there must be at least one box to {purpose}, got "
                f"none in {len(data.pictures)} pictures; pictures alone need a --teacher"
            )


def read_unlabeled_boxes(
    data: Path,
    labels: tuple[str, ...],
    validation: Path | None = None,
    validation_split: str | None = None,
) -> DetectionData:
    """Pictures without boxes in two parts, to be learnt from by teachers' answers alone.

    Args:
        data: any folder; every picture below it is taken.
        labels: the teachers', which are learnt.
        validation: a data set with boxes of these classes to judge by, as for `read_boxes`, or a
            folder of pictures as well; None: a fifth of the pictures is held out.
        validation_split: of `validation`, where it has boxes.

    Raises:
        DatasetError: no picture, too few to hold any out, or boxes of other classes.
    """
    training, findings = unlabeled_boxes(data, labels)
    if validation is None:
        kept, held = hold_out_boxes(training)
        return DetectionData(kept, replace(held, split=judged_by(held.split)), findings)
    if is_unlabeled(validation):
        held, more = unlabeled_boxes(validation, labels)
        held = replace(held, split=judged_by(held.split))
        return DetectionData(training, held, (*findings, *more))
    judged = read_boxes(validation, validation_split, labels)
    return DetectionData(training, judged.pictures, (*findings, *judged.findings))
