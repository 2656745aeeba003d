"""`mobilenetv2 train classify` where pictures have several labels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.judged import judge_labels
from mobilenetv2.cli.label_report import print_label_report
from mobilenetv2.cli.train.first import open_first, suited
from mobilenetv2.cli.train.options import Run
from mobilenetv2.cli.train.search import search
from mobilenetv2.cli.train.teachers import teachers_to_json, tell_teachers, who_teach
from mobilenetv2.datasets.class_report import label_warnings
from mobilenetv2.datasets.two_halves import TO_CHOOSE, halves_of_labels
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.classify.label_data import MultiLabelData
    from mobilenetv2.train.classify.recipe import Recipe


def teach_labels(
    found: "MultiLabelData", model: str, run: Run, teachers: Sequence[Checkpoint]
) -> None:
    """Train, search or tell, as the options say.

    Args:
        found: the pictures.
        model: the first weights.
        run: the options that all tasks share.
        teachers: those of --teacher.
    """
    from mobilenetv2.train.classify.recipe import (
        default_label_recipe,
        recipe_from_json,
        require_label_recipe,
    )
    from mobilenetv2.train.classify.subject import describe_subject

    first = open_first(model, run, found.labels)
    pictures, width = len(found.training.paths), first.spec.width
    recipe = run.recipe(
        recipe_from_json,
        lambda: suited(default_label_recipe(pictures, width, run.batch_size), model),
    )
    require_label_recipe(recipe)
    tell_warnings(label_warnings(found.labels, found.training, found.validation))
    if run.dry_run:
        known = who_teach(teachers, lambda: describe_subject(first, recipe, found, run.license))
        print_label_report(found, recipe, run.as_json, teachers_to_json(known))
        if not run.as_json:
            tell_teachers(known)
        return
    if run.trials:
        _search(run, found, first, recipe)
        return
    from mobilenetv2.train import fine_tune_classifier

    run.teach(
        lambda out, options: fine_tune_classifier(
            found, out, first=first, recipe=recipe, **options
        ),
        teachers,
        judged_on=len(found.validation.paths),
        judge=lambda taught, advance: judge_labels(taught, found.validation, advance),
    )


def _search(run: Run, found: "MultiLabelData", first: Checkpoint, recipe: "Recipe") -> None:
    from mobilenetv2.train import fine_tune_classifier

    choose, compare = halves_of_labels(found.validation)
    pictures = replace(found, validation=choose, split=f"{found.split}, {TO_CHOOSE}")
    search(
        run, recipe, "map",
        lambda out, tried, options: fine_tune_classifier(
            pictures, out, first=first, recipe=tried, **options
        ),
        lambda taught, advance: judge_labels(taught, compare, advance),
        len(compare.paths),
    )  # fmt: skip
