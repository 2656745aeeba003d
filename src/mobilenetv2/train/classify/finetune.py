"""Fine-tuning a classifier, from pictures in folders to a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Unpack, cast

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.errors import DatasetError, RecipeError
from mobilenetv2.train.classify.balance import balance_told
from mobilenetv2.train.classify.data import (
    TrainingData,
    read_training_data,
    read_unlabeled_data,
)
from mobilenetv2.train.classify.fit import Fit, try_fits
from mobilenetv2.train.classify.label_data import MultiLabelData, read_table_data
from mobilenetv2.train.classify.label_finetune import fine_tune_labels
from mobilenetv2.train.classify.recipe import Recipe, default_recipe, recipe_from_json
from mobilenetv2.train.classify.start import first_weights
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.compute import Compute, choose_compute, default_workers
from mobilenetv2.train.loop import RECIPE
from mobilenetv2.train.panel import Panel, seat
from mobilenetv2.train.processes import peers_told
from mobilenetv2.train.state import STATE
from mobilenetv2.train.task import Lesson
from mobilenetv2.train.teach import RunOptions, listener, meet, settle, teach
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.train.to_integers import in_floats
from mobilenetv2.train.unlabeled import is_unlabeled
from mobilenetv2.train.workers import telling_of_deaths
from mobilenetv2.weights.checkpoint import Checkpoint

NEW_HEAD = frozenset({"logits.weight", "logits.bias"})


def fine_tune_classifier(
    data: str | Path | TrainingData | MultiLabelData,
    out: str | Path,
    *,
    first: Checkpoint,
    validation: str | Path | None = None,
    recipe: Recipe | None = None,
    unlabeled: bool = False,
    **options: Unpack[RunOptions],
) -> Checkpoint:
    """Teach a network the classes of a folder; calling again goes on where it was stopped.

    Args:
        data: one folder a class, or a table of labels; with teachers also pictures without any
            folder, which are learnt from by the teachers' answers alone; or what was read already,
            where `validation` and `unlabeled` say no more.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights to begin from: any classifier, folded or not, quantised or
            not, of any classes.
        validation: one folder a class, some or all of those of `data`; without it a fifth of
            every class is held out.
        recipe: how; None: `default_recipe` for so many pictures and this network.
        unlabeled: look at no label of `data`: the first teacher's classes are learnt.
        options: device, workers, license, reporter, teachers and others, as in `RunOptions`.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: no pictures, an empty class, or validation classes that are not trained.
        CheckpointError: `first` is no classifier, or a teacher does not fit.
        RecipeError: a device or a precision that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    reporter = listener(options)
    pictures, out = data, Path(out)
    if isinstance(pictures, str | Path):
        known = first.labels if recipe and recipe.keep_classes else ()
        validation = None if validation is None else Path(validation)
        pictures = _read(Path(pictures), validation, known, unlabeled, options)
    if isinstance(pictures, MultiLabelData):
        return fine_tune_labels(pictures, out, first, recipe, options)
    require_read(pictures, TrainingData, "train.classify.data.read_training_data")
    recipe = recipe or default_recipe(len(pictures.training.paths), first.spec.width)
    given, first = first, in_floats(first, recipe)
    reporter.say(
        f"{len(pictures.labels)} classes, {len(pictures.training.paths)} pictures to train on, "
        f"{len(pictures.validation.paths)} to validate"
    )
    if recipe.sampling == "balanced" and pictures.unlabeled:
        raise RecipeError(
            f"{pictures.training.name}: sampling balanced needs to know what pictures show, and no "
            "label is looked at here; leave it natural"
        )
    targets = pictures.training.targets
    told = balance_told(targets, pictures.labels, recipe.balance, recipe.sampling)
    if told:
        reporter.say(told)
    new_head = set(pictures.labels) != set(first.labels)
    if new_head and not recipe.linear_probe:
        # A head of random numbers is nothing to keep a share of.
        recipe = replace(recipe, keep_first=0.0)
    if new_head and recipe.fit == "auto" and not (pictures.unlabeled or recipe.keep_classes):
        recipe = replace(recipe, fit=_chosen_fit(first, pictures, recipe, out, options))
    subject = describe_subject(first, recipe, pictures, options.get("license", ""))
    fresh = NEW_HEAD if new_head else frozenset[str]()
    lesson = settle(subject, recipe, given, fresh, options)
    task = Classification(lesson, pictures, keeper_of(given, lesson))
    return teach(
        task, out,
        first=first, module=task.lesson.module(), reporter=reporter, options=options,
        first_weights=lambda: first_weights(first, task, reporter),
    )  # fmt: skip


def _read(
    data: Path,
    validation: Path | None,
    known: tuple[str, ...],
    unlabeled: bool,
    options: RunOptions,
) -> TrainingData | MultiLabelData:
    """Pictures with their labels, those of `known` beside them, or without any."""
    teachers = options.get("teachers", ())
    tabled = None if known or unlabeled else read_table_data(data, validation)
    if tabled is not None:
        return tabled
    if known and (unlabeled or is_unlabeled(data)):
        raise DatasetError(f"{data}: adding classes needs pictures with labels, got none")
    if unlabeled and not teachers:
        raise DatasetError(f"{data}: pictures without labels need a teacher, got none: --teacher")
    if teachers and (unlabeled or is_unlabeled(data)):
        listener(options).say(f"{data}: no label is looked at; the teachers say what pictures show")
        return read_unlabeled_data(data, validation, teachers[0].labels)
    return read_training_data(data, validation, known)


def keeper_of(given: Checkpoint, lesson: Lesson[Recipe]) -> Panel:
    """The first weights as the teacher of their own classes, where these are kept; else nobody."""
    if not lesson.recipe.keep_classes:
        return Panel()
    rows = tuple(range(len(given.labels)))
    return seat([Teacher(given, rows, lesson.subject.training_spec.size)], lesson.compute)


def _chosen_fit(
    first: Checkpoint, pictures: TrainingData, recipe: Recipe, out: Path, options: RunOptions
) -> Fit:
    """What `recipe.fit` "auto" comes to, as the first of the processes finds."""
    size = recipe.size or first.preprocessing.size
    compute = choose_compute(options.get("device", "auto"), recipe.precision, size)
    processes = meet(compute, recipe)

    def find() -> Fit:
        return _better_fit(first, pictures, recipe, out, options, compute)

    with peers_told():
        return processes.from_first(lambda: telling_of_deaths(find))


def _better_fit(
    first: Checkpoint,
    pictures: TrainingData,
    recipe: Recipe,
    out: Path,
    options: RunOptions,
    compute: Compute,
) -> Fit:
    """By trial; a run that is gone on with has chosen already."""
    if (out / STATE).is_file() and (out / RECIPE).is_file():
        return cast("Fit", recipe_from_json((out / RECIPE).read_text(encoding="utf-8")).fit)
    workers = options.get("workers")
    trials = try_fits(
        first, recipe, pictures.training, len(pictures.labels), compute,
        default_workers(compute) if workers is None else workers,
    )  # fmt: skip
    listener(options).say(
        "how pictures are brought to the network's size, by a linear classifier on held-out ones: "
        + ", ".join(f"{one.fit} {100 * one.top1:.1f} right, loss {one.loss:.3f}" for one in trials)
        + ("; " if trials[0] is min(trials, key=lambda one: one.loss) else "; that is chance, ")
        + f"so {trials[0].fit}"
    )
    return trials[0].fit
