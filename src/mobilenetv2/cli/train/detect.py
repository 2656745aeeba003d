"""`mobilenetv2 train detect`: teach a network to find the objects of a data set."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.console import print_json
from mobilenetv2.cli.data_report import print_box_report, tell_warnings
from mobilenetv2.cli.judged import judge_boxes
from mobilenetv2.cli.train.at_once import refuse_at_once
from mobilenetv2.cli.train.counted import read_or_count
from mobilenetv2.cli.train.first import open_first, suited
from mobilenetv2.cli.train.options import Run, run_options
from mobilenetv2.cli.train.search import search
from mobilenetv2.cli.train.teachers import (
    NO_LABEL,
    open_teachers,
    teachers_to_json,
    tell_teachers,
    tell_unlabeled,
    without_labels,
)
from mobilenetv2.datasets.box_report import BoxReport, report_boxes
from mobilenetv2.datasets.fit_anchors import fit_anchors
from mobilenetv2.datasets.read_boxes import ReadBoxes
from mobilenetv2.datasets.two_halves import halves_of_pictures
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.detect.data import DetectionData
    from mobilenetv2.train.detect.recipe import DetectionRecipe


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Pictures with boxes: Pascal VOC XML, COCO JSON or YOLO txt, found by looking. With a "
    "--teacher pictures alone will do.",
)
@click.option("--split", help="What to learn from: a part of the data by name, or 'first 160'.")
@click.option("--val", type=click.Path(path_type=Path), help="Another data set to judge on.")
@click.option("--val-split", help="A part of --val, or of --data, to judge on.")
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="First weights: a classifier or a detector, a file, a run's folder or a name; none: "
    "random ones.",
)
@click.option(
    "--head",
    type=click.Choice(["ssdlite", "ssd"]),
    help="What to put on the backbone; by default that of a detector in --model, else ssdlite.",
)
@click.option("--fit-anchors", "fit", is_flag=True, help="Prior boxes from the training boxes.")
@click.option(
    "--anchors-per-cell",
    "per_cell",
    type=click.IntRange(1, 64),
    help="Of fitted anchors, on every map; by default as many as the head has.",
)
@click.option(
    "--loss",
    type=click.Choice(["multibox", "focal"]),
    help="Softmax with hard-negative mining, or sigmoids with focal loss.",
)
@run_options
def detect(
    data: Path,
    split: str | None,
    val: Path | None,
    val_split: str | None,
    model: str,
    head: str | None,
    fit: bool,
    per_cell: int | None,
    loss: str | None,
    run: Run,
) -> None:
    """Teach a network to find objects, from pictures with boxes.

    A report on the data comes first. Writes model.safetensors (the last epoch), best.safetensors
    (the best epoch by COCO AP on the validation pictures), log.csv, log.jsonl and report.html to
    --out. Ctrl-C saves and ends with status 130; the same command goes on.
    """
    from mobilenetv2.train.detect.data import (
        check_data,
        read_detection_data,
        read_unlabeled_boxes,
    )
    from mobilenetv2.train.detect.subject import describe_detector, detector_head
    from mobilenetv2.train.teacher import find_teachers
    from mobilenetv2.train.unlabeled import by_teachers

    refuse_at_once(run, model, *_recipes(1, run.batch_size, loss, model))
    teachers = open_teachers(run)
    if without_labels(run, data, val, {"--split": split}):
        boxes = read_unlabeled_boxes(data, teachers[0].labels, val, val_split)
    else:
        boxes = read_or_count(
            run, data,
            lambda judged: read_detection_data(
                data, split, judged, split if val is None and judged else val_split
            ),
            val,
        )  # fmt: skip
    recipe = run.recipe(*_recipes(len(boxes.training.pictures), run.batch_size, loss, model))
    first = open_first(model, run, boxes.training.labels)
    chosen = detector_head(first, recipe, boxes.training, _head(head))
    subject = describe_detector(first, recipe, boxes.training, chosen, run.license)
    if fit:
        per_map = (per_cell,) * len(chosen.anchors.shapes) if per_cell else None
        fitted = fit_anchors(boxes.training, subject.spec, per_map)
        chosen = replace(chosen, anchors=fitted.anchors)
    spec = replace(subject.spec, head=chosen)
    report = report_boxes((boxes.training, boxes.validation), spec, boxes.findings)
    if not (teachers or (boxes.training.boxes and boxes.validation.boxes)):
        tell_warnings(report.warnings)  # which say what became of the boxes
    check_data(boxes.training, boxes.validation, taught=bool(teachers))
    known = find_teachers(teachers, replace(subject.training_spec, head=chosen), report.labels)
    _tell(run, boxes, report, known)
    if run.dry_run:
        return
    if run.trials:
        _search(run, boxes, first, recipe, chosen)
        return
    from mobilenetv2.train import fine_tune_detector

    judged = ReadBoxes(boxes.validation, (), "")
    run.teach(
        lambda out, options: fine_tune_detector(
            boxes.training, boxes.validation, out,
            first=first, recipe=recipe, head=chosen, **options,
        ),
        teachers,
        judged_on=len(boxes.validation.pictures),
        judge=None
        if by_teachers(boxes.validation.split)
        else lambda taught, advance: judge_boxes(taught, judged, advance),
    )  # fmt: skip


def _search(
    run: Run,
    boxes: "DetectionData",
    first: Checkpoint,
    recipe: "DetectionRecipe",
    head: SSD | SSDLite,
) -> None:
    from mobilenetv2.train import fine_tune_detector

    choose, compare = halves_of_pictures(boxes.validation)
    judged = ReadBoxes(compare, (), "")
    search(
        run, recipe, "ap",
        lambda out, tried, options: fine_tune_detector(
            boxes.training, choose, out, first=first, recipe=tried, head=head, **options
        ),
        lambda taught, advance: judge_boxes(taught, judged, advance),
        len(compare.pictures),
    )  # fmt: skip


def _tell(run: Run, boxes: "DetectionData", report: BoxReport, teachers: Sequence[Teacher]) -> None:
    """The report on boxes, where there are any, and who teaches."""
    if run.as_json and run.dry_run:
        print_json(report.to_json() | teachers_to_json(teachers))
    elif run.as_json:
        tell_warnings(report.warnings if boxes.training.boxes else (NO_LABEL,))
    elif boxes.training.boxes:
        print_box_report(report)
    else:
        learnt, judged = boxes.training, boxes.validation
        tell_unlabeled(learnt.name, len(learnt.pictures), len(judged.pictures), judged.split)
    if not run.as_json:
        tell_teachers(teachers)


def _recipes(
    pictures: int, batch_size: int | None, loss: str | None, model: str
) -> "tuple[Callable[[str], DetectionRecipe], Callable[[], DetectionRecipe]]":
    """How a recipe is read, and what it is by default; with the loss that was chosen."""
    from mobilenetv2.train.detect.recipe import (
        default_detection_recipe,
        detection_recipe_from_json,
    )

    def chosen(recipe: "DetectionRecipe") -> "DetectionRecipe":
        match loss:
            case "multibox" | "focal":
                return replace(recipe, loss=loss)
            case _:
                return recipe

    return (
        lambda text: chosen(detection_recipe_from_json(text)),
        lambda: chosen(suited(default_detection_recipe(pictures, batch_size), model)),
    )


def _head(name: str | None) -> SSD | SSDLite | None:
    match name:
        case "ssdlite":
            return SSDLite()
        case "ssd":
            return SSD()
        case _:
            return None
