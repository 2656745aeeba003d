"""`mobilenetv2 evaluate`: how good a model is on pictures with right answers."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import counting, messages, print_json
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.evaluation_tables import (
    print_classification,
    print_detection,
    print_segmentation,
)
from mobilenetv2.cli.loading import open_model
from mobilenetv2.cli.prediction_options import check_options, prediction_options
from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.mask_meaning import MaskMeaning, find_meaning, model_meaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.to_judge import boxes_to_judge, labeled_to_judge, masked_to_judge
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import (
    ClassificationReport,
    DetectionReport,
    SegmentationReport,
    evaluate_classifier,
    evaluate_detector,
    evaluate_segmenter,
)
from mobilenetv2.evaluate.coco_files import write_predictions
from mobilenetv2.evaluate.learnt import learnt_notes
from mobilenetv2.model import DEFAULT_MODEL, Model
from mobilenetv2.tasks.options import Options

_OPTIONS = ("split", "masks", "labels", "colors", "ignore", "save_predictions")
_OF_SEGMENTERS = ("split", "masks", "labels", "colors", "ignore")

Report = ClassificationReport | DetectionReport | SegmentationReport


@dataclass(frozen=True, slots=True)
class _Choices:
    """What was asked for beside model and data; each belongs to a task or two."""

    split: str | None
    masks: Path | None
    labels: Path | None
    colors: Path | None
    ignore: tuple[int, ...]
    save_predictions: Path | None
    options: Options

    def refuse_others(self, task: str, own: Sequence[str]) -> None:
        """An option that would change nothing is a mistake to be told of."""
        for name in _OPTIONS:
            if name not in own and getattr(self, name):
                option = name.replace("_", "-")
                raise click.UsageError(f"--{option} is not for a {task} model")


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Classifier: a folder a class, or a CSV with path,index or path,label. Detector: boxes as "
    "Pascal VOC, COCO or YOLO. Segmenter: a folder of pictures, or with images/ and masks/ in it.",
)
@click.option(
    "--split",
    help="A part by the data's own name, 'last 40', or 'held-out fifth'; default: everything.",
)
@click.option("--masks", type=click.Path(path_type=Path), help="Segmenter: a folder of masks.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Segmenter: names of the masks' ids, one a line; default: they are the model's.",
)
@click.option(
    "--colors",
    type=click.Path(path_type=Path),
    help="Segmenter: for masks in colors, lines of name,red,green,blue.",
)
@click.option(
    "--ignore", multiple=True, type=int, help="Segmenter: an id not to judge, beside 255."
)
@prediction_options(("segmentation",), but=("labels",))
@click.option(
    "--save-predictions",
    type=click.Path(path_type=Path),
    help="Detector: write COCO results here, and the truth beside them, to check elsewhere.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def evaluate(
    model: str,
    data: Path,
    split: str | None,
    masks: Path | None,
    labels: Path | None,
    colors: Path | None,
    ignore: tuple[int, ...],
    options: Options,
    save_predictions: Path | None,
    as_json: bool,
) -> None:
    """Judge a model by its task: accuracy, COCO and VOC average precision, or mean IoU.

    Every figure comes with the data set's name, its split, how many pictures were judged and a
    hash of the right answers. Exit status 1 when a picture could not be read; it is left out.
    """
    loaded = open_model(model)
    check_options(options, loaded)
    choices = _Choices(split, masks, labels, colors, ignore, save_predictions, options)
    report = _evaluate(loaded, data, choices)
    if as_json:
        print_json({"model": model} | report.to_json())
    else:
        _print(model, report)
    if save_predictions and isinstance(report, DetectionReport):
        truth = write_predictions(report, save_predictions)
        messages().print(f"Wrote {save_predictions} and {truth}", markup=False, soft_wrap=True)
    for _, why in report.unreadable:
        messages().print(f"[red]error:[/red] {escape(why)}", soft_wrap=True)
    if report.unreadable:
        sys.exit(1)


def _evaluate(model: Model, data: Path, choices: _Choices) -> Report:
    match model.task:
        case "classification":
            choices.refuse_others("classification", ("split",))
            labeled = labeled_to_judge(data, model.labels, choices.split)
            learnt = _learnt(model, labeled.name, None)
            warnings = class_warnings(model.labels, labeled, None)
            tell_warnings((*labeled.notes, *warnings, *learnt))
            with counting("Evaluating", len(labeled.paths)) as advance:
                return evaluate_classifier(model, labeled, advance)
        case "detection":
            choices.refuse_others("detection", ("split", "save_predictions"))
            return _evaluate_detector(model, data, choices)
        case "segmentation":
            choices.refuse_others("segmentation", _OF_SEGMENTERS)
            masked = masked_to_judge(data, choices.masks, choices.split)
            meaning = _mask_meaning(model, masked, choices)
            tell_warnings((*meaning.notes, *_learnt(model, masked.name, masked.split)))
            with counting("Evaluating", len(masked.pictures)) as advance:
                return evaluate_segmenter(model, masked, meaning, advance, choices.options)


def _learnt(model: Model, name: str, split: str | None) -> tuple[str, ...]:
    return learnt_notes(model.checkpoint.provenance.history, name, split)


def _evaluate_detector(model: Model, data: Path, choices: _Choices) -> DetectionReport:
    target = choices.save_predictions
    if target and not target.parent.is_dir():
        raise DatasetError(f"predictions go to a file in a folder that exists, got {target}")
    read = boxes_to_judge(data, choices.split)
    tell_warnings(_learnt(model, read.pictures.name, read.pictures.split))
    with counting("Evaluating", len(read.pictures.pictures)) as advance:
        return evaluate_detector(model, read.pictures, advance, read.findings)


def _mask_meaning(model: Model, masked: MaskedPictures, choices: _Choices) -> MaskMeaning:
    ignore = frozenset(choices.ignore)
    if choices.labels or choices.colors:
        return find_meaning(masked, choices.labels, ignore, choices.colors)
    return model_meaning(masked, model.labels, ignore)


def _print(model: str, report: Report) -> None:
    match report:
        case ClassificationReport():
            print_classification(model, report)
        case DetectionReport():
            print_detection(model, report)
        case SegmentationReport():
            print_segmentation(model, report)
