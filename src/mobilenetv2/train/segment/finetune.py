"""Fine-tuning a segmenter, from pictures with masks to a checkpoint."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from torch import Tensor

from mobilenetv2.datasets.class_weights import class_weights
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_report import MaskReport
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import DeepLab, Spec
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.classify.finetune import NAMED
from mobilenetv2.train.classify.start import EPSILON, digest
from mobilenetv2.train.compute import Device, choose_compute, default_workers
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.module import GraphModule, Statistics
from mobilenetv2.train.run import Identity
from mobilenetv2.train.segment.data import check_masks, natural_size
from mobilenetv2.train.segment.recipe import ClassWeights, SegmentationRecipe
from mobilenetv2.train.segment.task import SegmentationTask, SegmenterSubject
from mobilenetv2.train.task import Reporter, Silent
from mobilenetv2.train.transplant import fresh_parameters, transplant
from mobilenetv2.weights.checkpoint import Checkpoint, Weights
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec
from mobilenetv2.weights.to_float import to_float

CALIBRATION_PICTURES = 128
"""Every one gives a thousand positions of the last map, but one of the image pooling's."""

PUBLISHED_RATES = (6, 12, 18)
"""Of the atrous branches at output stride 16; doubled at 8."""


def fine_tune_segmenter(
    training: MaskReport,
    validation: MaskReport,
    out: Path,
    *,
    meaning: MaskMeaning,
    first: Checkpoint,
    recipe: SegmentationRecipe | None = None,
    device: Device = "auto",
    workers: int | None = None,
    license: str = "",  # noqa: A002 - the word of every checkpoint
    reporter: Reporter | None = None,
) -> Checkpoint:
    """Teach a network the classes of masks; calling again goes on where it was stopped.

    Args:
        training: to learn from; what `report_masks` found usable.
        validation: to be judged on, likewise, at the pictures' own resolution.
        out: gets state, logs, best.safetensors and model.safetensors.
        meaning: the labels, and how the masks' values become their indices.
        first: the weights to begin from: a classifier or a segmenter, folded or not.
        recipe: how; the default suits a few hundred photographs.
        device: "cpu" or "cuda"; "auto" takes a GPU if there is one.
        workers: processes that decode pictures; None: one for a CPU, up to eight for a GPU.
        license: of the pictures, added to that of the first weights.
        reporter: hears how it goes.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        DatasetError: masks with ids of no class, or not one pixel to learn from or to judge.
        CheckpointError: `first` has another backbone.
        RecipeError: a device or a precision that is not there.
        TrainingError: `out` holds another run, the disk is full, or the loss is not finite.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    first = to_float(first)
    recipe, reporter = recipe or SegmentationRecipe(), reporter or Silent()
    check_masks(training, validation)
    subject = describe_segmenter(first, recipe, training.usable, meaning.labels, license)
    compute = choose_compute(device, recipe.precision, subject.training_spec.size)
    task = SegmentationTask(
        subject=subject,
        recipe=recipe,
        compute=compute,
        training=training.usable,
        validation=validation.usable,
        meaning=meaning,
        weights=weigh(training, recipe.class_weights),
        fresh=fresh_parameters(first, subject.spec, meaning.labels),
        workers=default_workers(compute) if workers is None else workers,
    )
    loop = Loop(task, recipe, compute, out, identify(first, task), reporter)
    result = loop.train(
        training_module(task), lambda: first_segmenter_weights(first, task, reporter)
    )
    if task.unreadable:
        reporter.say(
            f"{len(task.unreadable)} pictures could not be used and were left out: "
            + "; ".join(sorted(task.unreadable)[:NAMED])
        )
    return result


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
    recipe = task.recipe
    statistics: Statistics = "batch" if recipe.batch_norm_rule == "batch" else "frozen"
    graph = build(task.subject.training_spec)
    module = GraphModule(graph, statistics=statistics, dropout=recipe.dropout)
    for conv in graph.convs:
        # Image pooling leaves one value a picture and channel: in a usual batch too few to
        # normalize by. The stored statistics serve.
        if conv.shape[:2] == (1, 1):
            module.layers[conv.name].statistics = "frozen"
    return module


def describe_segmenter(
    first: Checkpoint,
    recipe: SegmentationRecipe,
    training: MaskedPictures,
    labels: tuple[str, ...],
    license: str,  # noqa: A002 - the word of every checkpoint
) -> SegmenterSubject:
    """What comes out of a run, apart from weights."""
    deployed = recipe.deploy_size or recipe.size or natural_size(training)
    size = recipe.size or deployed

    def spec(size: tuple[int, int], output_stride: int) -> Spec:
        found = replace(
            first.spec,
            head=head_for(first.spec, recipe, len(labels), output_stride),
            size=size,
            output_stride=output_stride,
            batch_norm_epsilon=EPSILON,
        )
        return folded_spec(found) if recipe.batch_norm_rule == "folded" else found

    deed = (
        f"trained as a segmenter on {training.name} ({training.split}): "
        f"{len(training.pictures)} pictures, {len(labels)} classes, {recipe.epochs} epochs at "
        f"{size[0]}x{size[1]}, output stride {recipe.output_stride}"
    )
    source = first.provenance
    return SegmenterSubject(
        spec=spec(deployed, recipe.deploy_output_stride or recipe.output_stride),
        training_spec=spec(size, recipe.output_stride),
        preprocessing=replace(first.preprocessing, size=deployed, fit="pad"),
        labels=labels,
        provenance=replace(source, history=(*source.history, deed)),
        license=f"{first.license}; pictures: {license}" if license else first.license,
    )


def head_for(first: Spec, recipe: SegmentationRecipe, classes: int, output_stride: int) -> DeepLab:
    """The head at an output stride: finer maps need wider rates to see the same surroundings."""
    head = first.head if isinstance(first.head, DeepLab) else DeepLab()
    match recipe.aspp:
        case "keep":
            rates, stride = head.aspp_rates, first.output_stride
        case "none":
            rates, stride = (), output_stride
        case "published":
            rates, stride = PUBLISHED_RATES, 16
    scaled = tuple(max(1, rate * stride // output_stride) for rate in rates)
    return replace(head, classes=classes, aspp_rates=scaled)


def first_segmenter_weights(
    first: Checkpoint, task: SegmentationTask, reporter: Reporter
) -> Weights:
    """The weights a run begins with: new layers made up, batch norm as the recipe says.

    Batch norm is brought back last, so that new layers' statistics are those of real pictures too.
    """
    spec, labels = folded_spec(task.subject.training_spec), task.subject.labels
    start = fold_checkpoint(first)
    fresh = fresh_parameters(start, spec, labels)
    weights = transplant(start, spec, fresh, task.recipe.seed)
    if task.recipe.batch_norm_rule == "folded":
        return weights
    reporter.say("bringing batch norm back by calibration")
    begun = replace(start, spec=spec, weights=weights, labels=labels, metrics=())
    with task.compute.autocast():
        return restore_batch_norm(begun, calibration_images(task), EPSILON).weights


def calibration_images(task: SegmentationTask) -> Iterator[Tensor]:
    """Augmented pictures, as training will see them.

    Raises:
        DatasetError: none of them can be used.
    """
    batches = -(-CALIBRATION_PICTURES // task.recipe.batch_size)
    usable = 0
    for batch in islice(task.batches(0), min(batches, task.steps_per_epoch)):
        usable += len(batch.masks)
        task.unreadable.update(batch.unreadable)
        if batch.masks:
            yield task.compute.normalize(batch.images, task.subject.preprocessing)
    if not usable:
        raise DatasetError(
            f"{task.training.name}: no picture with its mask can be read; first "
            f"{min(task.unreadable)}"
        )


def identify(first: Checkpoint, task: SegmentationTask) -> Identity:
    """What must be the same for a run to be gone on with."""
    meaning = task.meaning
    colors = sorted(meaning.colors.items()) if meaning.colors else ()
    return {
        "recipe": task.recipe.to_json(),
        "labels": ", ".join(meaning.labels),
        "ignored ids": repr(sorted(meaning.ignore)),
        "colors": repr(colors),
        "first weights": digest(first),
        "training pictures": task.training.fingerprint,
        "validation pictures": task.validation.fingerprint,
        "precision": str(task.compute.dtype),
    }
