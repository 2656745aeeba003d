"""Fine-tuning a classifier, from pictures in folders to a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Unpack

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.classify.data import read_training_data, read_unlabeled_data
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.classify.start import first_weights
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.reporter import Silent
from mobilenetv2.train.teach import RunOptions, settle, teach
from mobilenetv2.train.to_integers import in_floats
from mobilenetv2.train.unlabeled import is_unlabeled
from mobilenetv2.weights.checkpoint import Checkpoint

NEW_HEAD = frozenset({"logits.weight", "logits.bias"})


def fine_tune_classifier(
    data: Path,
    out: Path,
    *,
    first: Checkpoint,
    validation: Path | None = None,
    recipe: Recipe | None = None,
    unlabeled: bool = False,
    **options: Unpack[RunOptions],
) -> Checkpoint:
    """Teach a network the classes of a folder; calling again goes on where it was stopped.

    Args:
        data: one folder a class; with teachers also pictures without any folder, which are
            learnt from by the teachers' answers alone.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights to begin from: any classifier, folded or not, quantised or
            not, of any classes.
        validation: one folder a class, some or all of those of `data`; without it a fifth of
            every class is held out.
        recipe: how; the default suits a few thousand photographs.
        unlabeled: look at no label of `data`: the first teacher's classes are learnt.
        options: device, workers, license, reporter, teachers, as in `RunOptions`.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: no pictures, an empty class, or validation classes that are not trained.
        CheckpointError: `first` is no classifier, or a teacher does not fit.
        RecipeError: a device or a precision that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    recipe, reporter = recipe or Recipe(), options.get("reporter") or Silent()
    given, first = first, in_floats(first, recipe)
    teachers = options.get("teachers", ())
    if unlabeled and not teachers:
        raise DatasetError(f"{data}: pictures without labels need a teacher, got none: --teacher")
    if teachers and (unlabeled or is_unlabeled(data)):
        pictures = read_unlabeled_data(data, validation, teachers[0].labels)
        reporter.say(f"{data}: no label is looked at; the teachers say what pictures show")
    else:
        pictures = read_training_data(data, validation)
    reporter.say(
        f"{len(pictures.labels)} classes, {len(pictures.training.paths)} pictures to train on, "
        f"{len(pictures.validation.paths)} to validate"
    )
    new_head = set(pictures.labels) != set(first.labels)
    if new_head and not recipe.linear_probe:
        # A head of random numbers is nothing to keep a share of.
        recipe = replace(recipe, keep_first=0.0)
    subject = describe_subject(first, recipe, pictures, options.get("license", ""))
    fresh = NEW_HEAD if new_head else frozenset[str]()
    task = Classification(settle(subject, recipe, given, fresh, options), pictures)
    return teach(
        task, out,
        first=first, module=task.lesson.module(), reporter=reporter,
        first_weights=lambda: first_weights(first, task, reporter),
    )  # fmt: skip
