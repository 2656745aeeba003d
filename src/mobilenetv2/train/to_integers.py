"""Where a run's epochs in integers begin: at those of its first weights, or at calibrated ones."""

from dataclasses import replace

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated, Stages, calibrate
from mobilenetv2.calibration.input_range import input_affine
from mobilenetv2.calibration.integers import in_symmetric_bytes
from mobilenetv2.errors import RecipeError
from mobilenetv2.network.build import build
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.module import GraphModule, weights_of
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.start import B, calibration_batches
from mobilenetv2.train.subject import Subject
from mobilenetv2.train.task import Task
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec
from mobilenetv2.weights.quantized import Quantization
from mobilenetv2.weights.to_float import to_float


def in_floats(given: Checkpoint, recipe: LoopRecipe) -> Checkpoint:
    """First weights in floats; their pixels are those of integers if the run ends in them.

    So that a picture's byte is the network's byte, the mean moves by half a pixel at most, and it
    does before the first step: floats and integers learn from the same numbers.
    """
    floats = to_float(given)
    if not recipe.quantize_epochs:
        return floats
    if given.quantization is not None:
        return replace(floats, preprocessing=given.preprocessing)
    return replace(floats, preprocessing=input_affine(floats.preprocessing)[0])


def integers_to_go_on_from(
    given: Checkpoint, subject: Subject, recipe: LoopRecipe, fresh: frozenset[str]
) -> Quantization | None:
    """The integers of first weights of the very network that is taught; else None.

    Raises:
        RecipeError: layers are new, and no epoch in floats is left in which they find their range.
    """
    if not recipe.quantize_epochs:
        return None
    if fresh and recipe.quantize_epochs == recipe.epochs:
        raise RecipeError(
            f"quantize_epochs must leave new layers at least one epoch in floats, got all "
            f"{recipe.epochs}; new are {', '.join(sorted(fresh)[:3])}. Train for more epochs, or "
            "quantize the finished floats: mobilenetv2 quantize"
        )
    if given.quantization is None or fresh or given.labels != subject.labels:
        return None
    spec = replace(folded_spec(subject.spec), size=given.spec.size)
    return in_symmetric_bytes(build(spec), given.quantization) if spec == given.spec else None


def find_integers(task: Task[B], floats: GraphModule, reporter: Reporter) -> Calibrated:
    """Calibrate on augmented pictures, as the steps to come will see them.

    Args:
        task: whose pictures, at the size at which it trains.
        floats: what the epochs in floats have made.
        reporter: told of it.

    Raises:
        DatasetError: none of the pictures can be read.
    """
    subject = task.lesson.subject
    pictures: list[Pixels] = []
    for batch in calibration_batches(task):
        pictures += list(np.ascontiguousarray(batch.images.permute(0, 2, 3, 1).numpy()))
    reporter.say(f"finding ranges of integers on {len(pictures)} pictures")
    checkpoint = Checkpoint(
        spec=subject.training_spec,
        weights=weights_of(floats),
        preprocessing=subject.preprocessing,
        labels=subject.labels,
        provenance=subject.provenance,
        license=subject.license,
    )
    return calibrate(fold_checkpoint(checkpoint), pictures, lambda: None, Stages())
