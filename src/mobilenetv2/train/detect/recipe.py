"""How to train a detector, as a value."""

from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Literal

from mobilenetv2.train.recipe import LoopRecipe, check_loop_recipe, parse_recipe, require

REFERENCE_BATCH = 16
"""Pictures a step for which the default learning rate is meant."""

PICTURES_SEEN = 30_000
"""Of a default run, over all epochs: a small set is seen more often, a large one less."""

FEWEST_EPOCHS, MOST_EPOCHS = 12, 150


@dataclass(frozen=True, slots=True)
class BoxAugmentation:
    """What training pictures and their boxes go through. Nothing here touches evaluation."""

    photometric: float = 0.5
    """The chance of each change of brightness, contrast, saturation, hue and channel order."""
    zoom_out: float = 0.5
    """The chance that the picture is put on a larger grey canvas, so that objects shrink."""
    largest_canvas: float = 3.0
    """Its sides, in those of the picture."""
    iou_crop: float = 0.8
    """The chance of a random part that holds on to some box by a drawn IoU (SSD, section 2.2)."""
    flip: float = 0.5
    """The chance to be mirrored; 0 for text, traffic signs and the like."""
    vertical_flip: float = 0.0
    """The chance to be turned upside down: for microscopes and views from above."""

    def __post_init__(self) -> None:
        for name in ("photometric", "zoom_out", "iou_crop", "flip", "vertical_flip"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name} must be in 0..1", value)
        require(
            1 <= self.largest_canvas <= 16, "largest_canvas must be in 1..16", self.largest_canvas
        )


@dataclass(frozen=True, slots=True)
class DetectionRecipe(LoopRecipe):
    """Everything that decides a detector's training, data and first weights aside.

    Raises:
        RecipeError: a value outside its range, with the rule.
    """

    epochs: int = 100
    batch_size: int = REFERENCE_BATCH
    size: tuple[int, int] | None = (320, 320)
    """(height, width) in pixels; section 6.2's."""
    fit: Literal["keep", "crop", "squash", "pad"] = "squash"
    learning_rate: float = 2e-3
    backbone_rate: float = 0.25
    clip_norm: float = 10.0
    dropout: float = 0.0
    evaluate_every: int = 5
    loss: Literal["multibox", "focal"] = "multibox"
    """Softmax with hard-negative mining (SSD, section 2.2), or sigmoids with focal loss (arXiv
    1708.02002)."""
    negatives: float = 3.0
    """Anchors without an object that are learnt from, for every one that has one."""
    positive_iou: float = 0.5
    """An anchor this much like a box is to find it, and so is every box's best anchor."""
    focal_gamma: float = 2.0
    """How much less an anchor counts in the focal loss the surer the network is of it."""
    focal_alpha: float = 0.25
    """What an object's anchor counts in the focal loss; the background's counts the rest of 1."""
    box_weight: float = 1.0
    """The box term's share of the loss, relative to the class term's."""
    augmentation: BoxAugmentation = field(default_factory=BoxAugmentation)
    """What training pictures and their boxes go through."""

    def __post_init__(self) -> None:
        check_loop_recipe(self)
        require(
            self.fit != "crop",
            "a detector must see whole pictures: fit 'squash' or 'pad'",
            self.fit,
        )
        require(0 < self.negatives <= 1000, "negatives must be in (0, 1000]", self.negatives)
        require(0 < self.positive_iou < 1, "positive_iou must be in (0, 1)", self.positive_iou)
        require(0 <= self.focal_gamma <= 10, "focal_gamma must be in 0..10", self.focal_gamma)
        require(0 < self.focal_alpha < 1, "focal_alpha must be in (0, 1)", self.focal_alpha)
        require(0 < self.box_weight <= 100, "box_weight must be in (0, 100]", self.box_weight)


def default_detection_recipe(pictures: int, batch_size: int | None = None) -> DetectionRecipe:
    """A recipe scaled to the data and to the batch.

    Epochs are such that some `PICTURES_SEEN` pictures are seen; the learning rate goes with the
    square root of the batch, as suits AdamW. A batch is never larger than a quarter of the data,
    so that even a small set makes some steps an epoch.

    Args:
        pictures: to train on, at least 1.
        batch_size: pictures a step; None: 16, or fewer for few pictures.
    """
    batch = batch_size or max(1, min(REFERENCE_BATCH, pictures // 4))
    recipe = DetectionRecipe()
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(PICTURES_SEEN / pictures)))
    return replace(
        recipe,
        epochs=epochs,
        batch_size=batch,
        learning_rate=recipe.learning_rate * sqrt(batch / REFERENCE_BATCH),
    )


def detection_recipe_from_json(text: str) -> DetectionRecipe:
    """A detector's recipe from what `to_json` wrote; fields left out take their default.

    Raises:
        RecipeError: not JSON, an unknown field, a wrong type or a value out of range.
    """
    return parse_recipe(text, DetectionRecipe)
