"""Fine-tuning a detector, from pictures with boxes to a checkpoint."""

from pathlib import Path
from typing import Unpack

import numpy as np

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.train.detect.data import check_data as check_data
from mobilenetv2.train.detect.recipe import DetectionRecipe, default_detection_recipe
from mobilenetv2.train.detect.subject import describe_detector, detector_head
from mobilenetv2.train.detect.task import DetectionTask
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.start import with_batch_norm
from mobilenetv2.train.teach import RunOptions, listener, settle, teach
from mobilenetv2.train.to_integers import in_floats
from mobilenetv2.train.transplant import fresh_parameters, transplant
from mobilenetv2.weights.checkpoint import Checkpoint, Weights


def fine_tune_detector(
    training: BoxedPictures,
    validation: BoxedPictures,
    out: str | Path,
    *,
    first: Checkpoint,
    recipe: DetectionRecipe | None = None,
    head: SSD | SSDLite | None = None,
    **options: Unpack[RunOptions],
) -> Checkpoint:
    """Teach a network to find the objects of a data set; calling again goes on after a stop.

    Args:
        training: to learn from; pictures without boxes count like any other, but where none has
            any the teachers' answers alone are learnt.
        validation: to be judged on, with the same labels in the same order.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights to begin from: a classifier or a detector, folded or not.
        recipe: how; the default is scaled to the number of pictures.
        head: what to put on the backbone; None: that of `first`, or SSDLite with the released
            system's anchors. Its number of classes is the data's.
        options: device, workers, license, reporter, teachers and others, as in `RunOptions`.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: no pictures, no boxes, or labels that differ between the two sets.
        CheckpointError: `first` has another backbone, or a teacher does not fit.
        RecipeError: a device, a precision or a fit that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    for part in (training, validation):
        require_read(part, BoxedPictures, "datasets.read_boxes.read_boxes")
    out = Path(out)
    check_data(training, validation, taught=bool(options.get("teachers")))
    recipe = recipe or default_detection_recipe(len(training.pictures))
    given, first = first, in_floats(first, recipe)
    reporter = listener(options)
    subject = describe_detector(first, recipe, training, head, options.get("license", ""))
    fresh = fresh_parameters(first, subject.spec, subject.labels)
    task = DetectionTask(
        settle(subject, recipe, given, fresh, options),
        detector_head(first, recipe, training, head),
        training,
        validation,
    )
    return teach(
        task, out,
        first=first, module=task.lesson.module(), reporter=reporter, options=options,
        first_weights=lambda: first_detector_weights(first, task, reporter),
    )  # fmt: skip


def first_detector_weights(first: Checkpoint, task: DetectionTask, reporter: Reporter) -> Weights:
    """The weights a run begins with: batch norm as the recipe says, new layers made up."""
    lesson = task.lesson
    spec, fresh = lesson.subject.spec, lesson.fresh
    start = with_batch_norm(first, task, reporter)
    weights = transplant(start, spec, fresh, lesson.recipe.seed)
    if lesson.recipe.loss == "focal":
        # Focal loss begins with every anchor saying "1 %", else background drowns the first steps.
        for name in build(spec).outputs:
            if name.startswith("class") and f"{name}.bias" in fresh:
                weights[f"{name}.bias"] = np.full_like(weights[f"{name}.bias"], -np.log(99))
    return weights
