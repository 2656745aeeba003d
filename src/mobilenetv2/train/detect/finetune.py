"""Fine-tuning a detector, from pictures with boxes to a checkpoint."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from torch import Tensor

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.errors import DatasetError, RecipeError
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Scores, SSDLite
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.classify.start import CALIBRATION_PICTURES, EPSILON, digest
from mobilenetv2.train.compute import Device, choose_compute, default_workers
from mobilenetv2.train.detect.recipe import DetectionRecipe, default_detection_recipe
from mobilenetv2.train.detect.task import DetectionTask, DetectorSubject
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.module import GraphModule, Statistics
from mobilenetv2.train.run import Identity
from mobilenetv2.train.task import Reporter, Silent
from mobilenetv2.train.transplant import fresh_parameters, transplant
from mobilenetv2.weights.checkpoint import Checkpoint, Weights
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec
from mobilenetv2.weights.to_float import to_float

NAMED = 10
"""Unreadable pictures that are named; of more, the number says enough."""


def fine_tune_detector(
    training: BoxedPictures,
    validation: BoxedPictures,
    out: Path,
    *,
    first: Checkpoint,
    recipe: DetectionRecipe | None = None,
    head: SSD | SSDLite | None = None,
    device: Device = "auto",
    workers: int | None = None,
    license: str = "",  # noqa: A002 - the word of every checkpoint
    reporter: Reporter | None = None,
) -> Checkpoint:
    """Teach a network to find the objects of a data set; calling again goes on after a stop.

    Args:
        training: to learn from; pictures without boxes count like any other.
        validation: to be judged on, with the same labels in the same order.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights to begin from: a classifier or a detector, folded or not.
        recipe: how; the default is scaled to the number of pictures.
        head: what to put on the backbone; None: that of `first`, or SSDLite with the released
            system's anchors. Its number of classes is the data's.
        device: "cpu" or "cuda"; "auto" takes a GPU if there is one.
        workers: processes that decode pictures; None: one for a CPU, up to eight for a GPU.
        license: of the pictures, added to that of the first weights.
        reporter: hears how it goes.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: no pictures, no boxes, or labels that differ between the two sets.
        CheckpointError: `first` has another backbone.
        RecipeError: a device, a precision or a fit that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    check_data(training, validation)
    first = to_float(first)
    recipe = recipe or default_detection_recipe(len(training.pictures))
    reporter = reporter or Silent()
    subject = describe_detector(first, recipe, training, head, license)
    compute = choose_compute(device, recipe.precision, subject.spec.size)
    task = DetectionTask(
        subject=subject,
        recipe=recipe,
        compute=compute,
        training=training,
        validation=validation,
        fresh=fresh_parameters(first, subject.spec, subject.labels),
        workers=default_workers(compute) if workers is None else workers,
    )
    statistics: Statistics = "batch" if recipe.batch_norm_rule == "batch" else "frozen"
    module = GraphModule(build(subject.spec), statistics=statistics)
    loop = Loop(task, recipe, compute, out, identify(first, task), reporter)
    result = loop.train(module, lambda: first_detector_weights(first, task, reporter))
    if task.unreadable:
        reporter.say(
            f"{len(task.unreadable)} pictures could not be read and were left out: "
            + "; ".join(sorted(task.unreadable)[:NAMED])
        )
    return result


def check_data(training: BoxedPictures, validation: BoxedPictures) -> None:
    """Refuse data from which nothing can be learnt or judged.

    Raises:
        DatasetError: says what is missing.
    """
    if training.labels != validation.labels:
        raise DatasetError(
            f"training and validation need the same labels, got {list(training.labels[:5])} and "
            f"{list(validation.labels[:5])}"
        )
    for data, purpose in ((training, "train on"), (validation, "validate on")):
        if not data.boxes:
            raise DatasetError(
                f"{data.name} ({data.split}): there must be at least one box to {purpose}, got "
                f"none in {len(data.pictures)} pictures"
            )


def describe_detector(
    first: Checkpoint,
    recipe: DetectionRecipe,
    training: BoxedPictures,
    head: SSD | SSDLite | None,
    license: str,  # noqa: A002 - the word of every checkpoint
) -> DetectorSubject:
    """What comes out of a run, apart from weights.

    Raises:
        RecipeError: a fit that would cut objects away.
    """
    if head is None:
        head = first.spec.head if isinstance(first.spec.head, SSD | SSDLite) else SSDLite()
    scores: Scores = "sigmoid" if recipe.loss == "focal" else "softmax"
    head = replace(head, classes=len(training.labels), scores=scores)
    size = recipe.size or first.preprocessing.size
    fit = first.preprocessing.fit if recipe.fit == "keep" else recipe.fit
    if fit == "crop":
        raise RecipeError("a detector must see whole pictures: fit 'squash' or 'pad', got 'crop'")
    spec = replace(first.spec, head=head, size=size, output_stride=32)
    if recipe.batch_norm_rule == "folded":
        spec = folded_spec(spec)
    elif spec.folded:
        spec = replace(spec, batch_norm_epsilon=EPSILON)
    deed = (
        f"trained as a detector on {training.name} ({training.split}): "
        f"{len(training.pictures)} pictures, {training.boxes} boxes, "
        f"{len(training.labels)} classes, {recipe.epochs} epochs at {size[0]}x{size[1]}"
    )
    source = first.provenance
    return DetectorSubject(
        spec=spec,
        head=head,
        preprocessing=replace(first.preprocessing, size=size, fit=fit),
        labels=training.labels,
        provenance=replace(source, history=(*source.history, deed)),
        license=f"{first.license}; pictures: {license}" if license else first.license,
    )


def with_anchors(head: SSD | SSDLite, anchors: Anchors) -> SSD | SSDLite:
    """The same head with other prior boxes."""
    return replace(head, anchors=anchors)


def first_detector_weights(first: Checkpoint, task: DetectionTask, reporter: Reporter) -> Weights:
    """The weights a run begins with: batch norm as the recipe says, new layers made up."""
    spec = task.subject.spec
    start = replace(first, spec=replace(first.spec, size=spec.size))
    if task.recipe.batch_norm_rule == "folded":
        start = fold_checkpoint(start)
    elif start.spec.folded:
        reporter.say("bringing batch norm back by calibration")
        with task.compute.autocast():
            start = restore_batch_norm(start, calibration_images(task), EPSILON)
    weights = transplant(start, spec, task.fresh, task.recipe.seed)
    if task.recipe.loss == "focal":
        # Focal loss begins with every anchor saying "1 %", else background drowns the first steps.
        for name in build(spec).outputs:
            if name.startswith("class") and f"{name}.bias" in task.fresh:
                weights[f"{name}.bias"] = np.full_like(weights[f"{name}.bias"], -np.log(99))
    return weights


def calibration_images(task: DetectionTask) -> Iterator[Tensor]:
    """Augmented pictures, as training will see them.

    Raises:
        DatasetError: none of them can be read.
    """
    batches = -(-CALIBRATION_PICTURES // task.recipe.batch_size)
    readable = 0
    for batch in islice(task.batches(0), min(batches, task.steps_per_epoch)):
        readable += len(batch.indices)
        task.unreadable.update(batch.unreadable)
        if batch.indices:
            yield task.compute.normalize(batch.images, task.subject.preprocessing)
    if not readable:
        raise DatasetError(
            f"{task.training.name}: no picture can be read; first {min(task.unreadable)}"
        )


def identify(first: Checkpoint, task: DetectionTask) -> Identity:
    """What must be the same for a run to be gone on with."""
    return {
        "recipe": task.recipe.to_json(),
        "head": repr(task.subject.head),
        "first weights": digest(first),
        "training pictures": task.training.fingerprint,
        "validation pictures": task.validation.fingerprint,
        "precision": str(task.compute.dtype),
    }
