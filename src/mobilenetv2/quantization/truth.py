"""Pictures with right answers, read for whatever the model's task is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.to_judge import (
    boxes_to_judge,
    labeled_to_judge,
    masked_to_judge,
    multi_labeled_to_judge,
)
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import (
    evaluate_classifier,
    evaluate_detector,
    evaluate_multi_label,
    evaluate_segmenter,
)
from mobilenetv2.evaluate.compare_reports import Report
from mobilenetv2.evaluate.learnt import learnt_notes
from mobilenetv2.model import Model
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures
from mobilenetv2.tasks.task_of import answering_task


@dataclass(frozen=True, slots=True)
class Boxes:
    """A detector's data set."""

    data: BoxedPictures
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Masks:
    """A segmenter's."""

    data: MaskedPictures
    meaning: MaskMeaning


Truth = LabeledPictures | MultiLabelPictures | Boxes | Masks

UNSAID = DeclaredMasks()


def read_truth(
    model: Model, data: Path, split: str | None, declared: DeclaredMasks = UNSAID
) -> Truth:
    """The data set at `data`, as `evaluate` reads it.

    Raises:
        DatasetError: it is missing or broken, or an option is not for the model's task.
    """
    task = answering_task(model.task)
    said = ", ".join(declared.options())
    if said and task != "segmentation":
        raise DatasetError(f"{said}: masks are for segmentation models, this one is for {task}")
    match task:
        case "classification" if model.multi_label:
            return multi_labeled_to_judge(data, model.labels, split)
        case "classification":
            return labeled_to_judge(data, model.labels, split)
        case "detection":
            read = boxes_to_judge(data, split)
            return Boxes(read.pictures, tuple(read.findings))
        case "segmentation":
            masked = masked_to_judge(data, declared.folder, split)
            return Masks(masked, declared.meaning(masked, model.labels))
        case _:
            assert_never(task)


def paths_of(truth: Truth) -> Sequence[PictureFile]:
    """Its pictures, in order."""
    match truth:
        case LabeledPictures() | MultiLabelPictures():
            return truth.paths
        case Boxes() | Masks():
            return tuple(picture.path for picture in truth.data.pictures)
        case _:
            assert_never(truth)


def notes_of(truth: Truth, model: Model) -> tuple[str, ...]:
    """What `evaluate` says of a data set before it judges a model on it."""
    history = model.checkpoint.provenance.history
    match truth:
        case LabeledPictures():
            warnings = class_warnings(model.labels, truth, None)
            return (*truth.notes, *warnings, *learnt_notes(history, truth.name, None))
        case MultiLabelPictures():
            return (*truth.notes, *learnt_notes(history, truth.name, None))
        case Boxes():
            return learnt_notes(history, truth.data.name, truth.data.split)
        case Masks():
            learnt = learnt_notes(history, truth.data.name, truth.data.split)
            return (*truth.meaning.notes, *learnt)
        case _:
            assert_never(truth)


def chosen(truth: Truth, indices: list[int]) -> Truth:
    """The pictures at these places alone."""
    match truth:
        case LabeledPictures():
            return replace(
                truth,
                paths=tuple(truth.paths[index] for index in indices),
                targets=tuple(truth.targets[index] for index in indices),
            )
        case MultiLabelPictures():
            return replace(
                truth,
                paths=tuple(truth.paths[index] for index in indices),
                targets=tuple(truth.targets[index] for index in indices),
            )
        case Boxes():
            boxed = tuple(truth.data.pictures[index] for index in indices)
            return replace(truth, data=replace(truth.data, pictures=boxed))
        case Masks():
            masked = tuple(truth.data.pictures[index] for index in indices)
            return replace(truth, data=replace(truth.data, pictures=masked))
        case _:
            assert_never(truth)


def judge(model: Model, truth: Truth, advance: Callable[[], None]) -> Report:
    """What `evaluate` says of a model."""
    match truth:
        case LabeledPictures():
            return evaluate_classifier(model, truth, advance)
        case MultiLabelPictures():
            return evaluate_multi_label(model, truth, advance)
        case Boxes():
            return evaluate_detector(model, truth.data, advance, truth.findings)
        case Masks():
            return evaluate_segmenter(model, truth.data, truth.meaning, advance)
        case _:
            assert_never(truth)
