"""`mobilenetv2 train classify`: fine-tune a classifier on a folder of pictures."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.data_report import print_class_report, tell_warnings
from mobilenetv2.cli.judged import judge_classes
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.at_once import refuse_at_once
from mobilenetv2.cli.train.classify_labels import teach_labels
from mobilenetv2.cli.train.counted import read_or_count
from mobilenetv2.cli.train.first import open_first, suited
from mobilenetv2.cli.train.options import Run, run_options
from mobilenetv2.cli.train.search import search
from mobilenetv2.cli.train.teachers import (
    open_teachers,
    teachers_to_json,
    tell_teachers,
    who_teach,
    without_labels,
)
from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.two_halves import TO_CHOOSE, halves_of_classes
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.classify.data import TrainingData
    from mobilenetv2.train.classify.recipe import Recipe


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Training pictures: one folder a class, the parent of such train/ and val/, or a CSV with "
    "one or several labels a picture. With a --teacher pictures alone will do.",
)
@click.option(
    "--val",
    type=click.Path(path_type=Path),
    help="Validation pictures, likewise. Without it a fifth of every class is held out.",
)
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="First weights: a file, a run's folder or a name; none: random ones.",
)
@click.option(
    "--keep-classes",
    is_flag=True,
    help="Add the classes of --data to those of --model, which it is to keep.",
)
@click.option(
    "--multi-label",
    is_flag=True,
    help="A picture of the CSV may have none of the labels, or several, though each has one.",
)
@run_options
def classify(
    data: Path, val: Path | None, model: str, keep_classes: bool, multi_label: bool, run: Run
) -> None:
    """Fine-tune a classifier on a folder of pictures, or on a table of labels.

    Writes model.safetensors (the last epoch), best.safetensors (the best epoch by top-1, of several
    labels a picture by mAP, on the validation pictures), log.csv, log.jsonl and report.html to
    --out. Ctrl-C saves and ends with status 130.
    """
    from mobilenetv2.train.classify.data import read_training_data, read_unlabeled_data
    from mobilenetv2.train.classify.label_data import MultiLabelData, read_table_data
    from mobilenetv2.train.classify.recipe import default_recipe, recipe_from_json
    from mobilenetv2.train.classify.subject import describe_subject
    from mobilenetv2.train.unlabeled import by_teachers

    _agree(run, model, keep_classes, multi_label)
    teachers = open_teachers(run)
    tabled = None
    if not (keep_classes or run.unlabeled):
        tabled = read_or_count(
            run, data, lambda judged: read_table_data(data, judged, multi_label=multi_label), val
        )
    if isinstance(tabled, MultiLabelData):
        teach_labels(tabled, model, run, teachers)
        return
    unlabeled = tabled is None and without_labels(run, data, val)
    if tabled is not None:
        found = tabled
    elif unlabeled:
        found = read_unlabeled_data(data, val, teachers[0].labels)
    else:
        kept = open_checkpoint(model).labels if keep_classes else ()
        found = read_or_count(run, data, lambda judged: read_training_data(data, judged, kept), val)
    first = open_first(model, run, found.labels)
    pictures, width = len(found.training.paths), first.spec.width
    recipe = run.recipe(
        recipe_from_json,
        lambda: suited(default_recipe(pictures, width, run.batch_size), model),
    )
    recipe = replace(recipe, keep_classes=keep_classes)
    labels = () if unlabeled else found.labels
    tell_warnings(class_warnings(labels, found.training, found.validation, data))
    if run.dry_run:
        known = who_teach(teachers, lambda: describe_subject(first, recipe, found, run.license))
        print_class_report(found, recipe, run.as_json, teachers_to_json(known))
        if not run.as_json:
            tell_teachers(known)
        return
    if run.trials:
        _search(run, found, first, recipe)
        return
    from mobilenetv2.train import fine_tune_classifier

    run.teach(
        # What was read is not read again; of pictures without labels it is said that none counts.
        lambda out, options: fine_tune_classifier(
            data if unlabeled else found,
            out,
            first=first,
            validation=val,
            recipe=recipe,
            unlabeled=unlabeled,
            **options,
        ),
        teachers,
        judged_on=len(found.validation.paths),
        judge=None
        if by_teachers(found.split)
        else lambda taught, advance: judge_classes(taught, found.validation, advance),
    )


def _agree(run: Run, model: str, keep_classes: bool, multi_label: bool) -> None:
    """See before any picture is looked at that options and recipe leave each other a sense."""
    from mobilenetv2.train.classify.recipe import (
        default_recipe,
        recipe_from_json,
        require_label_recipe,
    )

    if multi_label and (keep_classes or run.unlabeled):
        other = "--keep-classes" if keep_classes else "--unlabeled"
        raise click.UsageError(
            f"{other} is for classes of which a picture has one: leave out either"
        )
    recipe = refuse_at_once(
        run, model, recipe_from_json, lambda: suited(default_recipe(1, 1.0, run.batch_size), model)
    )
    if recipe.keep_classes and not keep_classes:
        raise click.UsageError("the recipe keeps the first weights' classes: say --keep-classes")
    if run.unlabeled and recipe.sampling == "balanced":
        raise click.UsageError(
            "sampling balanced needs to know what pictures show, and --unlabeled looks at no "
            "label: leave out either"
        )
    if multi_label:
        require_label_recipe(recipe)


def _search(run: Run, found: "TrainingData", first: Checkpoint, recipe: "Recipe") -> None:
    from mobilenetv2.train import fine_tune_classifier

    choose, compare = halves_of_classes(found.validation)
    pictures = replace(found, validation=choose, split=f"{found.split}, {TO_CHOOSE}")
    search(
        run, recipe, "top1",
        lambda out, tried, options: fine_tune_classifier(
            pictures, out, first=first, recipe=tried, **options
        ),
        lambda taught, advance: judge_classes(taught, compare, advance),
        len(compare.paths),
    )  # fmt: skip
