"""Fine-tuning a classifier, from pictures in folders to a checkpoint."""

from dataclasses import replace
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier
from mobilenetv2.train.classify.data import TrainingData, read_training_data
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.classify.start import EPSILON, digest, first_weights
from mobilenetv2.train.classify.task import Classification, Subject
from mobilenetv2.train.compute import Device, choose_compute, default_workers
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.module import GraphModule, Statistics
from mobilenetv2.train.run import Identity
from mobilenetv2.train.task import Reporter, Silent
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.to_float import to_float

NAMED = 10
"""Unreadable pictures that are named; of more, the number says enough."""


def fine_tune_classifier(
    data: Path,
    out: Path,
    *,
    first: Checkpoint,
    validation: Path | None = None,
    recipe: Recipe | None = None,
    device: Device = "auto",
    workers: int | None = None,
    license: str = "",  # noqa: A002 - the word of every checkpoint
    reporter: Reporter | None = None,
) -> Checkpoint:
    """Teach a network the classes of a folder; calling again goes on where it was stopped.

    Args:
        data: one folder a class.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights to begin from: any classifier, folded or not, quantised or
            not, of any classes.
        validation: one folder a class, some or all of those of `data`; without it a fifth of
            every class is held out.
        recipe: how; the default suits a few thousand photographs.
        device: "cpu" or "cuda"; "auto" takes a GPU if there is one.
        workers: processes that decode pictures; with 0 the training process does. None: one for
            a CPU, up to eight for a GPU.
        license: of the pictures, added to that of the first weights.
        reporter: hears how it goes.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: no pictures, an empty class, or validation classes that are not trained.
        CheckpointError: `first` is no classifier.
        RecipeError: a device or a precision that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    first = to_float(first)
    recipe, reporter = recipe or Recipe(), reporter or Silent()
    pictures = read_training_data(data, validation)
    reporter.say(
        f"{len(pictures.labels)} classes, {len(pictures.training.paths)} pictures to train on, "
        f"{len(pictures.validation.paths)} to validate"
    )
    new_head = set(pictures.labels) != set(first.labels)
    if new_head and not recipe.linear_probe:
        # A head of random numbers is nothing to keep a share of.
        recipe = replace(recipe, keep_first=0.0)
    subject = describe_subject(first, recipe, pictures, license)
    compute = choose_compute(device, recipe.precision, subject.training_size)
    task = Classification(
        subject=subject,
        recipe=recipe,
        compute=compute,
        pictures=pictures,
        new_head=new_head,
        workers=default_workers(compute) if workers is None else workers,
    )
    statistics: Statistics = "batch" if recipe.batch_norm_rule == "batch" else "frozen"
    module = GraphModule(build(task.training_spec), statistics=statistics, dropout=recipe.dropout)
    loop = Loop(task, recipe, compute, out, identify(first, task), reporter)
    result = loop.train(module, lambda: first_weights(first, task, reporter))
    if task.unreadable:
        reporter.say(
            f"{len(task.unreadable)} pictures could not be read and were left out: "
            + "; ".join(sorted(task.unreadable)[:NAMED])
        )
    return result


def identify(first: Checkpoint, task: Classification) -> Identity:
    """What must be the same for a run to be gone on with."""
    return {
        "recipe": task.recipe.to_json(),
        "first weights": digest(first),
        "training pictures": task.pictures.training.fingerprint,
        "validation pictures": task.pictures.validation.fingerprint,
        "precision": str(task.compute.dtype),
    }


def describe_subject(
    first: Checkpoint,
    recipe: Recipe,
    pictures: TrainingData,
    license: str,  # noqa: A002 - the word of every checkpoint
) -> Subject:
    """What comes out of a run, apart from weights.

    Raises:
        CheckpointError: `first` is no classifier.
    """
    if not isinstance(first.spec.head, Classifier):
        raise CheckpointError(
            "a classifier is fine-tuned from a classifier, got weights with a "
            f"{type(first.spec.head).__name__} head"
        )
    labels, training = pictures.labels, pictures.training
    size = recipe.size or first.preprocessing.size
    fit = first.preprocessing.fit if recipe.fit == "keep" else recipe.fit
    deployed = recipe.deploy_size or size
    same = set(labels) == set(first.labels)
    head = first.spec.head if same else Classifier(len(labels))
    spec = replace(first.spec, head=head, size=deployed)
    if recipe.batch_norm_rule == "folded":
        spec = folded_spec(spec)
    elif spec.folded:
        spec = replace(spec, batch_norm_epsilon=EPSILON)
    deed = (
        f"fine-tuned on {training.name}: {len(training.paths)} pictures, {len(labels)} classes, "
        f"{recipe.epochs} epochs at {size[0]}x{size[1]}"
    )
    source = first.provenance
    return Subject(
        spec=spec,
        preprocessing=replace(first.preprocessing, size=deployed, fit=fit),
        training_size=size,
        labels=labels,
        provenance=replace(source, history=(*source.history, deed)),
        license=f"{first.license}; pictures: {license}" if license else first.license,
    )
