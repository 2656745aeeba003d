"""Fine-tuning a classifier of several labels a picture."""

from dataclasses import replace
from pathlib import Path

from mobilenetv2.train.classify.balance import labels_told
from mobilenetv2.train.classify.label_data import MultiLabelData
from mobilenetv2.train.classify.label_task import Labeling
from mobilenetv2.train.classify.recipe import Recipe, default_label_recipe, require_label_recipe
from mobilenetv2.train.classify.start import LOGITS, first_weights
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.teach import RunOptions, listener, settle, teach
from mobilenetv2.train.to_integers import in_floats
from mobilenetv2.weights.checkpoint import Checkpoint


def fine_tune_labels(
    pictures: MultiLabelData,
    out: Path,
    first: Checkpoint,
    recipe: Recipe | None,
    options: RunOptions,
) -> Checkpoint:
    """As `fine_tune_classifier`, whose arguments these are, for labels each scored by itself.

    Raises:
        RecipeError: a field that means nothing here.
    """
    reporter = listener(options)
    recipe = recipe or default_label_recipe(len(pictures.training.paths), first.spec.width)
    require_label_recipe(recipe)
    given, first = first, in_floats(first, recipe)
    reporter.say(
        f"{len(pictures.labels)} labels of which a picture may have several, "
        f"{len(pictures.training.paths)} pictures to train on, "
        f"{len(pictures.validation.paths)} to validate"
    )
    counts = pictures.training.counts(len(pictures.labels))
    told = labels_told(counts, pictures.labels, recipe.balance)
    if told:
        reporter.say(told)
    new_head = set(pictures.labels) != set(first.labels)
    if new_head and not recipe.linear_probe:
        # A head of random numbers is nothing to keep a share of.
        recipe = replace(recipe, keep_first=0.0)
    if new_head and recipe.fit == "auto":
        # What lies at a side may be one of the labels; a crop would lose it.
        recipe = replace(recipe, fit="squash")
    subject = describe_subject(first, recipe, pictures, options.get("license", ""))
    fresh = frozenset(LOGITS) if new_head else frozenset[str]()
    task = Labeling(settle(subject, recipe, given, fresh, options), pictures)
    return teach(
        task, out,
        first=first, module=task.lesson.module(), reporter=reporter, options=options,
        first_weights=lambda: first_weights(first, task, reporter),
    )  # fmt: skip
