"""Where fine-tuning begins: another checkpoint's weights, made fit for new classes."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.classify.probe import features, logistic_regression, trunk
from mobilenetv2.train.classify.task import Classification, Subject
from mobilenetv2.train.task import Reporter
from mobilenetv2.weights.checkpoint import Checkpoint, Weights
from mobilenetv2.weights.fold import fold_checkpoint

CALIBRATION_PICTURES = 256
"""Enough, as the function does not depend on them and training goes on moving the statistics."""

LOGITS = ("logits.weight", "logits.bias")

EPSILON = 1e-3
"""Of batch norms brought back: the paper's own training used it."""


def first_weights(first: Checkpoint, task: Classification, reporter: Reporter) -> Weights:
    """The weights a run begins with: head fitted, batch norm as the recipe says, head probed."""
    recipe = task.recipe
    start = with_classes(first, task.subject)
    if recipe.batch_norm_rule == "folded":
        start = fold_checkpoint(start)
    elif start.spec.folded:
        reporter.say("bringing batch norm back by calibration")
        training = replace(start, spec=replace(start.spec, size=task.subject.training_size))
        with task.compute.autocast():
            training = restore_batch_norm(training, calibration_batches(task), EPSILON)
        start = replace(training, spec=replace(training.spec, size=start.spec.size))
    if not (task.new_head and recipe.linear_probe):
        return start.weights
    reporter.say("fitting a first classifier to the features")
    inputs, targets = probe_data(start, task)
    weight, bias = logistic_regression(inputs, targets, len(task.subject.labels))
    return {**start.weights, "logits.weight": weight, "logits.bias": bias}


def with_classes(first: Checkpoint, subject: Subject) -> Checkpoint:
    """`first` with the subject's size and classes, folded or not as it was.

    The same classes in another order keep their weights; for others the layer `logits` begins
    anew on the pooled features, from a normal distribution of deviation 0.01.
    """
    labels = subject.labels
    logits = {name: first.weights[name] for name in LOGITS}
    kept = {name: array for name, array in first.weights.items() if name not in LOGITS}
    if set(labels) == set(first.labels):
        rows = [first.labels.index(label) for label in labels]
        logits = {name: array[rows] for name, array in logits.items()}
    else:
        # A hidden layer has learnt what the old classes need; the new head reads the features.
        kept = {name: array for name, array in kept.items() if not name.startswith("hidden.")}
        channels = build(replace(first.spec, head=subject.spec.head)).by_name["pool"].shape.channels
        random = np.random.default_rng(0)
        fresh = random.normal(0, 0.01, (len(labels), channels, 1, 1)).astype(np.float32)
        logits = {"logits.weight": fresh, "logits.bias": np.zeros(len(labels), np.float32)}
    spec = replace(first.spec, size=subject.spec.size, head=subject.spec.head)
    weights = {**kept, **logits}
    return replace(first, spec=spec, weights=weights, labels=labels, metrics=())


def calibration_batches(task: Classification) -> Iterator[Tensor]:
    """Augmented pictures, as training will see them.

    Raises:
        DatasetError: none of them can be read.
    """
    batches = -(-CALIBRATION_PICTURES // task.recipe.batch_size)
    readable = 0
    unreadable: list[str] = []
    for batch in islice(task.batches(0), min(batches, task.steps_per_epoch)):
        readable += len(batch.targets)
        unreadable += batch.unreadable
        if len(batch.targets):
            yield task.compute.normalize(batch.images, task.subject.preprocessing)
    if not readable:
        raise DatasetError(
            f"{task.pictures.training.name}: no picture can be read; the first: {unreadable[0]}"
        )


def probe_data(start: Checkpoint, task: Classification) -> tuple[Tensor, Tensor]:
    """Features float32 [pictures, channels] and classes int64 [pictures] of the training set."""
    targets: list[Tensor] = []

    def images() -> Iterator[Tensor]:
        for batch in task.prepared(task.pictures.training):
            if len(batch.targets):
                targets.append(batch.targets)
                yield task.compute.normalize(batch.images, task.subject.preprocessing)

    module = trunk(start).to(task.compute.device)
    with task.compute.autocast():
        found = features(module, images())
    return found, torch.cat(targets)


def digest(checkpoint: Checkpoint) -> str:
    """16 hex digits over spec and weights."""
    hashed = hashlib.sha256(repr(checkpoint.spec).encode())
    for name, array in sorted(checkpoint.weights.items()):
        hashed.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()[:16]
