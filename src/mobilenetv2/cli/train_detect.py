"""`mobilenetv2 train detect`: teach a network to find the objects of a data set."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.console import print_json
from mobilenetv2.cli.data_report import print_box_report, tell_warnings
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.training_options import (
    override,
    read_recipe_text,
    require_torch,
    run_options,
    run_reporter,
)
from mobilenetv2.cli.training_report import report_result
from mobilenetv2.datasets.box_report import report_boxes
from mobilenetv2.datasets.fit_anchors import fit_anchors
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.network.spec import SSD, SSDLite

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device
    from mobilenetv2.train.detect.recipe import DetectionRecipe


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Pictures with boxes: Pascal VOC XML, COCO JSON or YOLO txt, found by looking.",
)
@click.option("--split", help="What to learn from: a part of the data by name, or 'first 160'.")
@click.option("--val", type=click.Path(path_type=Path), help="Another data set to judge on.")
@click.option("--val-split", help="A part of --val, or of --data, to judge on.")
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="First weights: a classifier or a detector, a file or a name.",
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
@click.option("--dry-run", is_flag=True, help="Report on the data and stop.")
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
    dry_run: bool,
    out: Path,
    recipe_file: Path | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    size: tuple[int, int] | None,
    seed: int | None,
    device: "Device",
    workers: int | None,
    license_: str,
    as_json: bool,
) -> None:
    """Teach a network to find objects, from pictures with boxes.

    A report on the data comes first. Writes model.safetensors (the last epoch), best.safetensors
    (the best epoch by COCO AP on the validation pictures), log.csv and log.jsonl to --out. Ctrl-C
    saves and ends with status 130; the same command goes on.
    """
    require_torch()
    from mobilenetv2.train.detect.data import read_detection_data
    from mobilenetv2.train.detect.finetune import describe_detector, fine_tune_detector

    boxes = read_detection_data(data, split, val, val_split)
    recipe = _recipe(recipe_file, len(boxes.training.pictures), batch_size, loss)
    recipe = override(
        recipe,
        epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, size=size, seed=seed,
    )  # fmt: skip
    first = open_checkpoint(model)
    subject = describe_detector(first, recipe, boxes.training, _head(head), license_)
    chosen = subject.head
    if fit:
        per_map = (per_cell,) * len(chosen.anchors.shapes) if per_cell else None
        fitted = fit_anchors(boxes.training, subject.spec, per_map)
        chosen = replace(chosen, anchors=fitted.anchors)
    spec = replace(subject.spec, head=chosen)
    report = report_boxes((boxes.training, boxes.validation), spec, boxes.findings)
    if not as_json:
        print_box_report(report)
    elif dry_run:
        print_json(report.to_json())
    else:
        tell_warnings(report.warnings)
    if dry_run:
        return
    with run_reporter() as reporter:
        checkpoint = fine_tune_detector(
            boxes.training, boxes.validation, out,
            first=first, recipe=recipe, head=chosen,
            device=device, workers=workers, license=license_, reporter=reporter,
        )  # fmt: skip
    report_result(checkpoint, out, as_json)


def _recipe(
    file: Path | None, pictures: int, batch_size: int | None, loss: str | None
) -> "DetectionRecipe":
    from mobilenetv2.train.detect.recipe import (
        default_detection_recipe,
        detection_recipe_from_json,
    )

    if file is not None:
        recipe = detection_recipe_from_json(read_recipe_text(file))
    else:
        recipe = default_detection_recipe(pictures, batch_size)
    match loss:
        case "multibox" | "focal":
            return replace(recipe, loss=loss)
        case _:
            return recipe


def _head(name: str | None) -> SSD | SSDLite | None:
    match name:
        case "ssdlite":
            return SSDLite()
        case "ssd":
            return SSD()
        case _:
            return None
