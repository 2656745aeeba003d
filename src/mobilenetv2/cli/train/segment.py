"""`mobilenetv2 train segment`: teach a network to name every pixel."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mobilenetv2.cli.console import print_json
from mobilenetv2.cli.data_report import print_mask_report, tell_warnings
from mobilenetv2.cli.judged import judge_masks
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.options import Run, run_options
from mobilenetv2.datasets.equal_files import both_notes
from mobilenetv2.datasets.mask_report import report_masks

if TYPE_CHECKING:
    from mobilenetv2.train.segment.recipe import Aspp, ClassWeights, OutputStride

DEFAULT_SEGMENTER = "voc"


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Training pictures; without --masks a folder that holds images/ and masks/.",
)
@click.option(
    "--masks",
    type=click.Path(path_type=Path),
    help="Their masks, under the same names: class ids as grey values, palette or colors.",
)
@click.option("--val", type=click.Path(path_type=Path), help="Validation pictures, likewise.")
@click.option("--val-masks", type=click.Path(path_type=Path), help="Their masks.")
@click.option(
    "--labels",
    "labels_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The classes' names, one a line in the order of their ids.",
)
@click.option(
    "--colors",
    type=click.Path(path_type=Path, dir_okay=False),
    help="For masks in colors: lines such as 'road,128,64,128'.",
)
@click.option(
    "--ignore",
    multiple=True,
    type=click.IntRange(0, 65535),
    help="An id in the masks that is no class, besides 255; may be repeated.",
)
@click.option(
    "--model",
    default=DEFAULT_SEGMENTER,
    show_default=True,
    help="First weights: a segmenter or a classifier, a file or a name.",
)
@click.option("--output-stride", type=click.Choice(["8", "16", "32"]), help="In training.")
@click.option(
    "--aspp",
    type=click.Choice(["keep", "none", "published"]),
    help="Atrous branches: those of the first weights, none, or the three published ones.",
)
@click.option(
    "--class-weights",
    type=click.Choice(["none", "median_frequency", "inverse_log"]),
    help="How much rare classes count in the loss.",
)
@run_options
def segment(
    data: Path,
    masks: Path | None,
    val: Path | None,
    val_masks: Path | None,
    labels_file: Path | None,
    colors: Path | None,
    ignore: tuple[int, ...],
    model: str,
    output_stride: Literal["8", "16", "32"] | None,
    aspp: "Aspp | None",
    class_weights: "ClassWeights | None",
    run: Run,
) -> None:
    """Teach a network a class for every pixel, from pictures with masks.

    A report on the data comes first. Writes model.safetensors (the last epoch), best.safetensors
    (the best epoch by mean IoU on the validation pictures), log.csv, log.jsonl and report.html to
    --out. Ctrl-C saves and ends with status 130; the same command goes on.
    """
    from mobilenetv2.train.segment.data import read_segmentation_data
    from mobilenetv2.train.segment.recipe import SegmentationRecipe, segmentation_recipe_from_json

    recipe = run.recipe(segmentation_recipe_from_json, SegmentationRecipe)
    recipe = replace(
        recipe,
        output_stride=_stride(output_stride) or recipe.output_stride,
        aspp=aspp or recipe.aspp,
        class_weights=class_weights or recipe.class_weights,
    )
    found = read_segmentation_data(
        data, masks, val, val_masks,
        labels=labels_file, colors=colors, ignore=frozenset(ignore),
    )  # fmt: skip
    training = report_masks(found.training, found.meaning)
    validation = report_masks(found.validation, found.meaning)
    for report in (training, validation):
        if not run.as_json:
            print_mask_report(report)
        elif not run.dry_run:
            tell_warnings(report.warnings)
    used = [[picture.path for picture in one.usable.pictures] for one in (training, validation)]
    tell_warnings(both_notes(*used))
    if run.dry_run:
        if run.as_json:
            reports = {"training": training, "validation": validation}
            print_json({name: report.to_json() for name, report in reports.items()})
        return
    from mobilenetv2.train import fine_tune_segmenter

    first = open_checkpoint(model)
    run.teach(
        lambda out, options: fine_tune_segmenter(
            training, validation, out,
            meaning=found.meaning, first=first, recipe=recipe, **options,
        ),
        judged_on=len(validation.usable.pictures),
        judge=lambda taught, advance: judge_masks(
            taught, validation.usable, found.meaning, advance
        ),
    )  # fmt: skip


def _stride(choice: Literal["8", "16", "32"] | None) -> "OutputStride | None":
    match choice:
        case None:
            return None
        case "8":
            return 8
        case "16":
            return 16
        case "32":
            return 32
