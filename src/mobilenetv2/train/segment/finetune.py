"""Fine-tuning a segmenter, from pictures with masks to a checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Unpack

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.datasets.class_weights import class_weights
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_report import MaskReport
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.scratch import at_rest
from mobilenetv2.train.segment.data import check_masks
from mobilenetv2.train.segment.recipe import ClassWeights, SegmentationRecipe
from mobilenetv2.train.segment.subject import describe_segmenter
from mobilenetv2.train.segment.task import SegmentationTask
from mobilenetv2.train.start import with_batch_norm
from mobilenetv2.train.teach import RunOptions, listener, settle, teach
from mobilenetv2.train.to_integers import in_floats
from mobilenetv2.train.transplant import fresh_parameters, transplant
from mobilenetv2.weights.checkpoint import Checkpoint, Weights
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec

CALIBRATION_PICTURES = 128
"""Every one gives a thousand positions of the last map, but one of the image pooling's."""


def fine_tune_segmenter(
    training: MaskReport,
    validation: MaskReport,
    out: str | Path,
    *,
    meaning: MaskMeaning,
    first: Checkpoint,
    recipe: SegmentationRecipe | None = None,
    **options: Unpack[RunOptions],
) -> Checkpoint:
    """Teach a network the classes of masks; calling again goes on where it was stopped.

    Args:
        training: to learn from; what `report_masks` found usable, or with teachers what
            `report_unlabeled` says of pictures without masks.
        validation: to be judged on, likewise, at the pictures' own resolution.
        out: gets state, logs, best.safetensors and model.safetensors.
        meaning: the labels, and how the masks' values become their indices.
        first: the weights to begin from: a classifier or a segmenter, folded or not.
        recipe: how; the default suits a few hundred photographs.
        options: device, workers, license, reporter, teachers and others, as in `RunOptions`.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: masks with ids of no class, or not one pixel to learn from or to judge.
        CheckpointError: `first` has another backbone, or a teacher does not fit.
        RecipeError: a device or a precision that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    for part in (training, validation):
        require_read(part, MaskReport, "datasets.mask_report.report_masks")
    out = Path(out)
    check_masks(training, validation, taught=bool(options.get("teachers")))
    recipe, reporter = recipe or SegmentationRecipe(), listener(options)
    given, first = first, in_floats(first, recipe)
    labels = meaning.labels
    subject = describe_segmenter(first, recipe, training.usable, labels, options.get("license", ""))
    fresh = fresh_parameters(first, subject.spec, labels)
    task = SegmentationTask(
        settle(subject, recipe, given, fresh, options),
        training.usable,
        validation.usable,
        meaning,
        None if training.usable.unlabeled else weigh(training, recipe.class_weights),
    )
    return teach(
        task, out,
        first=first, module=training_module(task), reporter=reporter, options=options,
        first_weights=lambda: first_segmenter_weights(first, task, reporter),
    )  # fmt: skip


def weigh(report: MaskReport, rule: ClassWeights) -> tuple[float, ...] | None:
    """What a pixel of each class counts in the loss; None for all alike."""
    match rule:
        case "none":
            return None
        case "median_frequency":
            return tuple(class_weights(report.pixels, "median frequency").tolist())
        case "inverse_log":
            return tuple(class_weights(report.pixels, "inverse log").tolist())


def training_module(task: SegmentationTask) -> GraphModule:
    """The network at the size and output stride at which it trains."""
    module = task.lesson.module()
    for conv in module.graph.convs:
        # Image pooling leaves one value a picture and channel: in a usual batch too few to
        # normalize by. The stored statistics serve.
        if conv.shape[:2] == (1, 1):
            module.layers[conv.name].statistics = "frozen"
    return module


def first_segmenter_weights(
    first: Checkpoint, task: SegmentationTask, reporter: Reporter
) -> Weights:
    """The weights a run begins with: new layers made up, batch norm as the recipe says.

    Batch norm is brought back last, so that new layers' statistics are those of real pictures too;
    random weights keep theirs, which nothing is to be brought back from.
    """
    lesson = task.lesson
    spec, labels = folded_spec(lesson.subject.training_spec), lesson.subject.labels
    if at_rest(first) and not lesson.subject.training_spec.folded:
        return transplant(first, lesson.subject.training_spec, lesson.fresh, lesson.recipe.seed)
    start = fold_checkpoint(first)
    fresh = fresh_parameters(start, spec, labels)
    weights = transplant(start, spec, fresh, lesson.recipe.seed)
    begun = replace(start, spec=spec, weights=weights, labels=labels, metrics=())
    return with_batch_norm(begun, task, reporter, CALIBRATION_PICTURES).weights
