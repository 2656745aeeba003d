"""Where every run begins: another checkpoint's weights, with batch norm as the recipe has it."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import numpy as np
from torch import Tensor

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.subject import EPSILON
from mobilenetv2.train.task import Task
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

CALIBRATION_PICTURES = 256
"""Enough, as the function does not depend on them and training goes on moving the statistics."""

B = TypeVar("B", bound=TaskBatch)


def with_batch_norm(
    start: Checkpoint,
    task: Task[B],
    reporter: Reporter,
    pictures: int = CALIBRATION_PICTURES,
) -> Checkpoint:
    """`start` at the size at which it trains, folded or not as the recipe says.

    Args:
        start: any weights that fit the network's head.
        task: whose augmented pictures bring batch norms back, where `start` has none.
        reporter: told of it.
        pictures: how many of them.

    Raises:
        DatasetError: none of the pictures can be read.
    """
    spec, recipe = task.lesson.subject.training_spec, task.lesson.recipe
    start = replace(start, spec=replace(start.spec, size=spec.size))
    if recipe.batch_norm_rule == "folded":
        return fold_checkpoint(start)
    if not start.spec.folded:
        return start
    reporter.say("bringing batch norm back by calibration")
    compute, images = task.lesson.compute, calibration_images(task, pictures)
    with compute.autocast():
        return restore_batch_norm(start, images, EPSILON, compute.device)


def calibration_images(task: Task[B], pictures: int = CALIBRATION_PICTURES) -> Iterator[Tensor]:
    """Augmented pictures, as training will see them, float32 [N, 3, height, width].

    Raises:
        DatasetError: none of them can be read.
    """
    return map(task.lesson.images, calibration_batches(task, pictures))


def calibration_batches(task: Task[B], pictures: int = CALIBRATION_PICTURES) -> Iterator[B]:
    """The first batches of a run, those that can be read.

    Raises:
        DatasetError: none of them can be read.
    """
    lesson = task.lesson
    batches = -(-pictures // lesson.recipe.batch_size)
    readable = 0
    first = islice(task.batches(0), min(batches, task.order.steps_per_epoch))
    for batch in lesson.readable(first):
        readable += len(batch)
        yield batch
    if not readable:
        raise DatasetError(
            f"{task.learnt_from}: no picture can be read; the first: {min(lesson.unreadable)}"
        )


def digest(checkpoint: Checkpoint) -> str:
    """16 hex digits over spec and weights."""
    hashed = hashlib.sha256(repr(checkpoint.spec).encode())
    for name, array in sorted(checkpoint.weights.items()):
        hashed.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()[:16]
