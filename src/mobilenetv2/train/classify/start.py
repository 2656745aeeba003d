"""Where a classifier's run begins: another's weights, made fit for new classes."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.network.build import build
from mobilenetv2.train.class_rows import class_rows
from mobilenetv2.train.classify.label_task import Labeling
from mobilenetv2.train.classify.probe import (
    COOLED,
    WARMING_STEPS,
    features,
    logistic_regression,
    trunk,
)
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.start import with_batch_norm
from mobilenetv2.train.subject import Subject
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Weights

LOGITS = ("logits.weight", "logits.bias")


def first_weights(
    first: Checkpoint, task: Classification | Labeling, reporter: Reporter
) -> Weights:
    """The weights a run begins with: head fitted, batch norm as the recipe says, head probed."""
    subject = task.lesson.subject
    keep = task.lesson.recipe.keep_classes
    start = with_batch_norm(with_classes(first, subject, keep=keep), task, reporter)
    if keep or not (task.lesson.fresh and task.lesson.recipe.linear_probe):
        return start.weights
    reporter.say("fitting a first classifier to the features")
    deployed = replace(start, spec=replace(start.spec, size=subject.spec.size))
    inputs, targets = probe_data(deployed, task)
    weight, bias = logistic_regression(inputs, targets, len(subject.labels))
    share = COOLED if _learns_features(task) else 1.0
    # With its handicaps the network begins where the regression ended.
    bias = share * bias - np.array(task.handicaps, np.float32)
    return {**start.weights, "logits.weight": share * weight, "logits.bias": bias}


def _learns_features(task: Classification | Labeling) -> bool:
    """Whether a run has the steps for it; of several labels a picture nobody has measured it."""
    recipe = task.lesson.recipe
    steps = recipe.epochs * task.order.steps_per_epoch
    one_label = isinstance(task, Classification)
    return one_label and recipe.freeze != "backbone" and steps >= WARMING_STEPS


def with_classes(first: Checkpoint, subject: Subject, *, keep: bool = False) -> Checkpoint:
    """`first` with the subject's size and classes, folded or not as it was.

    The same classes in another order keep their weights, and so do those to which others are added
    where they are to be kept (`keep`); for others the layer `logits` begins anew on the pooled
    features, from a normal distribution of deviation 0.01.
    """
    labels = subject.labels
    logits = {name: first.weights[name] for name in LOGITS if name in first.weights}
    kept = {name: array for name, array in first.weights.items() if name not in LOGITS}
    if set(labels) == set(first.labels):
        rows = [row for row in class_rows(labels, first.labels) if row is not None]
        logits = {name: array[rows] for name, array in logits.items()}
    elif keep:
        logits = with_rows(logits, len(labels) - len(first.labels))
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


def with_rows(logits: Weights, more: int) -> dict[str, Array]:
    """A last layer with so many classes more, as likely as the old ones are on the average."""
    weight, bias = (logits[name] for name in LOGITS)
    random = np.random.default_rng(0)
    fresh = random.normal(0, 0.01, (more, *weight.shape[1:])).astype(np.float32)
    return {
        "logits.weight": np.concatenate([weight, weight.mean(0, keepdims=True) + fresh]),
        "logits.bias": np.concatenate([bias, np.full(more, bias.mean(), np.float32)]),
    }


def probe_data(start: Checkpoint, task: Classification | Labeling) -> tuple[Tensor, Tensor]:
    """Features float32 [pictures, channels] and the batches' targets of the training set."""
    targets: list[Tensor] = []

    def images() -> Iterator[Tensor]:
        for batch in task.training_set():
            targets.append(batch.targets)
            yield task.lesson.images(batch)

    module = trunk(start).to(task.lesson.compute.device)
    with task.lesson.compute.autocast():
        found = features(module, images())
    return found, torch.cat(targets)
