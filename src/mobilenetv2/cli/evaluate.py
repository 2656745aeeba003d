"""`mobilenetv2 evaluate`: how good a model is on pictures with right answers."""

import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import messages, print_json
from mobilenetv2.cli.evaluation_details import print_comparison, print_details
from mobilenetv2.cli.evaluation_files import Compared, Files
from mobilenetv2.cli.evaluation_tables import print_report
from mobilenetv2.cli.judging import Choices, Judge
from mobilenetv2.cli.loading import open_model
from mobilenetv2.cli.mask_options import mask_options
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.prediction_options import check_options, prediction_options
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.compare_reports import Report, compare_reports
from mobilenetv2.model import DEFAULT_MODEL, Model
from mobilenetv2.tasks.options import Options


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Classifier: a folder a class, or a CSV with path,index or path,label; of several labels, "
    "a CSV. Detector: boxes as Pascal VOC, COCO or YOLO. Segmenter: a folder of pictures, or with "
    "images/ and masks/ in it.",
)
@click.option(
    "--split",
    help="A part by the data's own name, 'last 40', or 'held-out fifth'; default: everything.",
)
@mask_options("Segmenter")
@prediction_options(("segmentation",), but=("labels",))
@click.option(
    "--threshold",
    type=NumberRange(0, 1),
    help="Several labels a picture: the score from which on one is said; default: 0.5.",
)
@click.option("--against", help="Another model, compared on the same pictures.")
@click.option("--details", is_flag=True, help="Also what was taken for what, and errors by kind.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with plots and pictures here, such as report.html.",
)
@click.option(
    "--mistakes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Classifier: write a sheet of the surest mistakes here, such as mistakes.png.",
)
@click.option(
    "--save-predictions",
    type=click.Path(path_type=Path),
    help="Detector: write COCO results here, and the truth beside them, to check elsewhere.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@ended_by_signals()
def evaluate(
    model: str,
    data: Path,
    split: str | None,
    declared: DeclaredMasks,
    options: Options,
    threshold: float | None,
    against: str | None,
    details: bool,
    page: Path | None,
    mistakes: Path | None,
    save_predictions: Path | None,
    as_json: bool,
) -> None:
    """Judge a model by its task: accuracy, mAP of labels, COCO and VOC AP, or mean IoU.

    Every figure comes with the data set's name, its split, how many pictures were judged and a
    hash of the right answers. Exit status 1 when a picture could not be read; it is left out.
    """
    loaded = open_model(model)
    check_options(options, loaded)
    if threshold is not None and not loaded.multi_label:
        raise click.UsageError(
            "--threshold is for models of several labels a picture; others are judged over all "
            "their scores"
        )
    options = replace(options, threshold=threshold)
    files = Files(page, mistakes, save_predictions)
    files.require_places()
    choices = Choices(split, declared, save_predictions, mistakes, options)
    judge = Judge(data, choices)
    judged = judge.judge(loaded)
    report = judged.report
    other = None if against is None else _compare(judge, report, loaded, against)
    if as_json:
        compared = {} if other is None else {"model": other.model} | other.paired.to_json()
        against_it = {"against": compared} if compared else {}
        print_json({"model": model} | report.to_json() | against_it)
    else:
        print_report(model, report)
        if details:
            print_details(report)
        if other is not None:
            print_comparison(model, other)
    files.write(model, judged, other)
    for _, why in report.unreadable:
        messages().print(f"[red]error:[/red] {escape(why)}", soft_wrap=True)
    if report.unreadable:
        sys.exit(1)


def _compare(judge: Judge, report: Report, model: Model, against: str) -> Compared:
    """Judge the other model on the same pictures.

    Raises:
        DatasetError: it is for another task, or the two cannot be compared.
    """
    other = open_model(against)
    if other.task != model.task:
        raise DatasetError(
            f"models of one task are compared, got one for {model.task} and one for {other.task}: "
            f"{against}"
        )
    return Compared(against, compare_reports(report, judge.judge(other).report))
