"""`mobilenetv2 train segment`: teach a network to name every pixel."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mobilenetv2.cli.console import print_json
from mobilenetv2.cli.data_report import print_mask_report, tell_warnings
from mobilenetv2.cli.judged import judge_masks
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
from mobilenetv2.datasets.equal_files import both_notes
from mobilenetv2.datasets.mask_report import MaskReport, report_masks
from mobilenetv2.datasets.two_halves import halves_of_pictures
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.segment.data import SegmentationData
    from mobilenetv2.train.segment.recipe import (
        Aspp,
        ClassWeights,
        OutputStride,
        SegmentationRecipe,
    )

DEFAULT_SEGMENTER = "outline"


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Training pictures; without --masks a folder that holds images/ and masks/. With a "
    "--teacher pictures alone will do.",
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
    help="First weights: a segmenter or a classifier, a file, a run's folder or a name; none: "
    "random ones.",
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
    from mobilenetv2.train.segment.data import (
        check_masks,
        read_segmentation_data,
        read_unlabeled_masks,
    )
    from mobilenetv2.train.segment.recipe import SegmentationRecipe, segmentation_recipe_from_json
    from mobilenetv2.train.segment.subject import describe_segmenter
    from mobilenetv2.train.teacher import find_teachers
    from mobilenetv2.train.unlabeled import by_teachers

    recipe = refuse_at_once(
        run, model, segmentation_recipe_from_json, lambda: suited(SegmentationRecipe(), model)
    )
    recipe = replace(
        recipe,
        output_stride=_stride(output_stride) or recipe.output_stride,
        aspp=aspp or recipe.aspp,
        class_weights=class_weights or recipe.class_weights,
    )
    teachers = open_teachers(run)
    told = {"--masks": masks, "--labels": labels_file, "--colors": colors}
    if without_labels(run, data, None if val_masks else val, told):
        known = teachers[0].labels
        found = read_unlabeled_masks(data, known, val, val_masks, ignore=frozenset(ignore))
    else:
        found = read_or_count(
            run, data,
            lambda judged: read_segmentation_data(
                data, masks, judged, masks if val is None and judged else val_masks,
                labels=labels_file, colors=colors, ignore=frozenset(ignore),
            ),
            val,
        )  # fmt: skip
    reports = _report(found)
    training, validation = reports
    taught: tuple[Teacher, ...] = ()
    if teachers:
        subject = describe_segmenter(
            open_first(model, run, training.labels),
            recipe,
            training.usable,
            training.labels,
            run.license,
        )
        taught = find_teachers(teachers, subject.training_spec, subject.labels)
    _tell(run, reports, taught)
    tell_warnings(both_notes(*([one.path for one in part.usable.pictures] for part in reports)))
    check_masks(training, validation, taught=bool(teachers))
    if run.dry_run:
        return
    if run.trials:
        _search(run, found, training, open_first(model, run, training.labels), recipe)
        return
    from mobilenetv2.train import fine_tune_segmenter

    first = open_first(model, run, training.labels)
    run.teach(
        lambda out, options: fine_tune_segmenter(
            training, validation, out,
            meaning=found.meaning, first=first, recipe=recipe, **options,
        ),
        teachers,
        judged_on=len(validation.usable.pictures),
        judge=None
        if by_teachers(validation.usable.split)
        else lambda taught, advance: judge_masks(
            taught, validation.usable, found.meaning, advance
        ),
    )  # fmt: skip


def _search(
    run: Run,
    found: "SegmentationData",
    training: MaskReport,
    first: Checkpoint,
    recipe: "SegmentationRecipe",
) -> None:
    from mobilenetv2.train import fine_tune_segmenter

    choose, compare = halves_of_pictures(found.validation)
    judged = report_masks(choose, found.meaning)
    search(
        run, recipe, "mean_iou",
        lambda out, tried, options: fine_tune_segmenter(
            training, judged, out,
            meaning=found.meaning, first=first, recipe=tried, **options,
        ),
        lambda taught, advance: judge_masks(taught, compare, found.meaning, advance),
        len(compare.pictures),
    )  # fmt: skip


def _report(found: "SegmentationData") -> tuple[MaskReport, MaskReport]:
    """Of pictures with masks what is in these, of others how many there are."""
    from mobilenetv2.train.segment.data import report_unlabeled

    training, validation = (
        report_unlabeled(part, found.meaning)
        if part.unlabeled
        else report_masks(part, found.meaning)
        for part in (found.training, found.validation)
    )
    return training, validation


def _tell(run: Run, reports: tuple[MaskReport, MaskReport], teachers: Sequence[Teacher]) -> None:
    """The reports on masks, where there are any, and who teaches."""
    masked = [report for report in reports if not report.usable.unlabeled]
    if run.as_json and run.dry_run:
        both = dict(zip(("training", "validation"), reports, strict=True))
        parts = {name: report.to_json() for name, report in both.items()}
        print_json(parts | teachers_to_json(teachers))
    elif run.as_json:
        tell_warnings((NO_LABEL,) if reports[0].usable.unlabeled else ())
        for report in masked:
            tell_warnings(report.warnings)
    else:
        learnt, judged = (report.usable for report in reports)
        if learnt.unlabeled:
            tell_unlabeled(learnt.name, len(learnt.pictures), len(judged.pictures), judged.split)
        for report in masked:
            print_mask_report(report)
        tell_teachers(teachers)


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
