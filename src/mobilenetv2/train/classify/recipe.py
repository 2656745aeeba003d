"""How to train a classifier, as a value: what is not written here does not happen."""

from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Literal

from mobilenetv2.train.recipe import (
    FEW_PICTURES,
    LoopRecipe,
    check_loop_recipe,
    check_size,
    parse_recipe,
    require,
)

Sampling = Literal["natural", "balanced"]

REFERENCE_BATCH = 32
"""Pictures a step for which the default learning rate is meant."""

STEPS = 6
"""An epoch at least, where batch norm bears the smaller batch."""

PICTURES_SEEN = 20_000
"""Of a default run, over all epochs: a small set is seen more often, a large one less."""

FEWEST_EPOCHS, MOST_EPOCHS = 10, 60


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What training pictures go through. Nothing here touches evaluation."""

    crop_scale: tuple[float, float] = (0.5, 1.0)
    """Between these a random crop's share of the picture is drawn."""
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    """Between these its width over its height is drawn: relative to a square, or to the picture's
    own where preprocessing squashes."""
    flip: float = 0.5
    """The chance to be mirrored; 0 for text, traffic signs and the like."""
    color_jitter: float = 0.2
    """Brightness, contrast and saturation change by up to this share."""
    erasing: float = 0.0
    """The chance that a rectangle of 2 to 20 % is painted grey."""
    mixup: float = 0.0
    """Alpha of the beta distribution; 0 leaves mixup out."""
    cutmix: float = 0.0
    """Alpha of the beta distribution; 0 leaves cutmix out. With both, a batch gets either."""

    def __post_init__(self) -> None:
        low, high = self.crop_scale
        require(0 < low <= high <= 1, "crop_scale must rise within (0, 1]", self.crop_scale)
        low, high = self.crop_ratio
        require(0 < low <= high < 100, "crop_ratio must rise within (0, 100)", self.crop_ratio)
        for name in ("flip", "color_jitter", "erasing"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name} must be in 0..1", value)
        for name in ("mixup", "cutmix"):
            value = getattr(self, name)
            require(0 <= value <= 10, f"{name} must be in 0..10", value)


@dataclass(frozen=True, slots=True)
class Recipe(LoopRecipe):
    """Everything that decides a classifier's training, data and first weights aside.

    A head that begins from a linear probe bears no learning rate much above 1e-4: pooled features
    have a squared length near 1500, and SGD at 0.01 or AdamW at 1e-3 lose in an epoch what the
    probe had found.

    Raises:
        RecipeError: a value outside its range, with the rule.
    """

    fit: Literal["auto", "keep", "crop", "squash", "pad"] = "auto"
    """"auto" for new classes: the whole picture squashed, a crop of the center or the
    first weights' own way, whichever suits a linear classifier of the first weights' features
    better; for classes the first weights know, theirs."""
    learning_rate: float = 3e-4
    """At its peak, for all layers; of a network of width 1, see `default_recipe`."""
    deploy_size: tuple[int, int] | None = None
    """(height, width) that the finished network receives; None: `size`. Random crops show things
    larger than whole pictures do, so a network is often best somewhat above the size it was
    trained at (FixRes, arXiv 1906.06423)."""
    label_smoothing: float = 0.1
    """The share of a right answer that is spread over all classes."""
    teacher_temperature: float = 2.0
    remeasure: bool = True
    """Batch norm's statistics are measured anew at the end, on training pictures as `predict` shows
    them, where these are told better so than with those of the steps' random crops."""
    linear_probe: bool = True
    """Start a new head from a logistic regression on the first weights' features."""
    keep_classes: bool = False
    """Add the data's classes to those of the first weights, which stay: their rows of the last
    layer, and, as the first weights teach beside the right answers, what they say."""
    balance: float = 0.5
    """How far rare classes are helped, see `balance.handicaps`; without effect where classes are
    even or are drawn evenly. 0: not at all."""
    sampling: Sampling = "natural"
    """"balanced": a step shows all classes equally often, however few pictures one has; these then
    come many times an epoch. An epoch is as many pictures as before, so that of the frequent
    classes not all are seen in one."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """What training pictures go through."""

    def __post_init__(self) -> None:
        check_loop_recipe(self)
        check_size("deploy_size", self.deploy_size)
        require(
            0 <= self.label_smoothing < 1, "label_smoothing must be in [0, 1)", self.label_smoothing
        )
        require(0 <= self.balance <= 1, "balance must be in 0..1", self.balance)

    @property
    def handicap_share(self) -> float:
        """`balance`, where rare classes are rare in what is shown as well."""
        return 0.0 if self.sampling == "balanced" else self.balance


def default_recipe(pictures: int, width: float = 1.0, batch_size: int | None = None) -> Recipe:
    """A recipe scaled to the data, the network and the batch.

    Epochs are such that some `PICTURES_SEEN` pictures are seen. A batch is `REFERENCE_BATCH`, or a
    `STEPS`-th of the pictures within what batch norm bears. The learning rate goes with one over
    the width (at 0.35 and 96 pixels 1e-3 was better than 3e-4, at 1.0 it was worse) and with the
    square root of the batch, as suits AdamW.

    Args:
        pictures: to train on, at least 1.
        width: the network's multiplier.
        batch_size: pictures a step; None: by the rule.
    """
    batch = batch_size or max(FEW_PICTURES, min(REFERENCE_BATCH, pictures // STEPS))
    recipe = Recipe()
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(PICTURES_SEEN / pictures)))
    rate = recipe.learning_rate / width * sqrt(batch / REFERENCE_BATCH)
    return replace(recipe, epochs=epochs, batch_size=batch, learning_rate=rate)


def default_label_recipe(
    pictures: int, width: float = 1.0, batch_size: int | None = None
) -> Recipe:
    """The same for several labels a picture: what is no chance is taught as none, and rare labels
    are as likely as they are, so that scores mean what they say.
    """
    recipe = default_recipe(pictures, width, batch_size)
    return replace(recipe, label_smoothing=0.0, balance=0.0)


def require_label_recipe(recipe: Recipe) -> None:
    """Refuse for several labels a picture what is for classes that exclude each other.

    Raises:
        RecipeError: the field, and the way out.
    """
    require(
        not recipe.keep_classes,
        "keep_classes adds classes of which a picture has one; of several labels a picture train "
        "the old and the new together",
        recipe.keep_classes,
    )
    require(
        recipe.sampling == "natural",
        "sampling draws classes of which a picture has one; for several labels a picture it must "
        "be natural, and balance helps rare ones",
        recipe.sampling,
    )


def recipe_from_json(text: str) -> Recipe:
    """A classifier's recipe from what `to_json` wrote; fields left out take their default.

    Raises:
        RecipeError: not JSON, an unknown field, a wrong type or a value out of range.
    """
    return parse_recipe(text, Recipe)
