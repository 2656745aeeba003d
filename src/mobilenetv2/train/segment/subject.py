"""What a segmenter's run makes."""

from dataclasses import replace

from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.network.spec import DeepLab, Spec
from mobilenetv2.train.segment.data import natural_size
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.subject import Subject, preparing, taught, trainable
from mobilenetv2.weights.checkpoint import Checkpoint

PUBLISHED_RATES = (6, 12, 18)
"""Of the atrous branches at output stride 16; doubled at 8."""


def describe_segmenter(
    first: Checkpoint,
    recipe: SegmentationRecipe,
    training: MaskedPictures,
    labels: tuple[str, ...],
    license: str,  # noqa: A002 - the word of every checkpoint
) -> Subject:
    """What comes out of a run, apart from weights."""
    deployed = recipe.deploy_size or recipe.size or natural_size(training)
    size = recipe.size or deployed

    def spec(size: tuple[int, int], output_stride: int) -> Spec:
        head = head_for(first.spec, recipe, len(labels), output_stride)
        # Batch norms are always brought back anew, whatever those of the first weights were.
        folded = replace(first.spec, batch_norm_epsilon=None)
        return trainable(replace(folded, head=head, size=size, output_stride=output_stride), recipe)

    return taught(
        first,
        spec(deployed, recipe.deploy_output_stride or recipe.output_stride),
        spec(size, recipe.output_stride),
        preprocessing=preparing(first, recipe, deployed, "pad"),
        labels=labels,
        deed=f"trained as a segmenter on {training.name} ({training.split}): "
        f"{len(training.pictures)} pictures, {len(labels)} classes, {recipe.epochs} epochs at "
        f"{size[0]}x{size[1]}, output stride {recipe.output_stride}",
        license=license,
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
