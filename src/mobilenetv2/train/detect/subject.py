"""What a detector's run makes."""

from dataclasses import replace

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.errors import RecipeError
from mobilenetv2.network.spec import SSD, Scores, SSDLite
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.subject import Subject, preparing, taught, trainable
from mobilenetv2.weights.checkpoint import Checkpoint


def describe_detector(
    first: Checkpoint,
    recipe: DetectionRecipe,
    training: BoxedPictures,
    head: SSD | SSDLite | None,
    license: str,  # noqa: A002 - the word of every checkpoint
) -> Subject:
    """What comes out of a run, apart from weights.

    Raises:
        RecipeError: a fit that would cut objects away.
    """
    head = detector_head(first, recipe, training, head)
    size = recipe.size or first.preprocessing.size
    fit = first.preprocessing.fit if recipe.fit == "keep" else recipe.fit
    if fit == "crop":
        raise RecipeError("a detector must see whole pictures: fit 'squash' or 'pad', got 'crop'")
    spec = trainable(replace(first.spec, head=head, size=size, output_stride=32), recipe)
    return taught(
        first,
        spec,
        spec,
        preprocessing=preparing(first, recipe, size, fit),
        labels=training.labels,
        deed=f"trained as a detector on {training.name} ({training.split}): "
        f"{len(training.pictures)} pictures, {training.boxes} boxes, "
        f"{len(training.labels)} classes, {recipe.epochs} epochs at {size[0]}x{size[1]}",
        license=license,
    )


def detector_head(
    first: Checkpoint,
    recipe: DetectionRecipe,
    training: BoxedPictures,
    head: SSD | SSDLite | None,
) -> SSD | SSDLite:
    """`head`, or that of `first`, or SSDLite; with the data's classes and the loss's scores."""
    if head is None:
        head = first.spec.head if isinstance(first.spec.head, SSD | SSDLite) else SSDLite()
    scores: Scores = "sigmoid" if recipe.loss == "focal" else "softmax"
    return replace(head, classes=len(training.labels), scores=scores)
