"""How to train a segmenter, as a value."""

from dataclasses import dataclass, field
from typing import Literal

from mobilenetv2.train.recipe import (
    LoopRecipe,
    Schedule,
    check_loop_recipe,
    check_size,
    parse_recipe,
    require,
)

OutputStride = Literal[8, 16, 32]
Aspp = Literal["keep", "none", "published"]
ClassWeights = Literal["none", "median_frequency", "inverse_log"]


@dataclass(frozen=True, slots=True)
class MaskAugmentation:
    """What training pictures and their masks go through. Nothing here touches evaluation.

    A picture is scaled, then cut or padded to the training size. Scale 1 is the size at which the
    finished network is shown it, so that crops and whole pictures show things equally large.
    """

    scale: tuple[float, float] = (0.5, 2.0)
    """Drawn evenly between the two (DeepLabv3's range, arXiv 1706.05587, section 4)."""
    flip: float = 0.5
    """The chance to be mirrored; 0 where left and right are different classes."""
    color_jitter: float = 0.3
    """Brightness, contrast and saturation change by up to this share."""

    def __post_init__(self) -> None:
        low, high = self.scale
        require(0.05 <= low <= high <= 20, "scale must rise within [0.05, 20]", self.scale)
        for name in ("flip", "color_jitter"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{name} must be in 0..1", value)


@dataclass(frozen=True, slots=True)
class SegmentationRecipe(LoopRecipe):
    """Everything that decides a segmenter's training, data and first weights aside.

    Raises:
        RecipeError: a value outside its range, with the rule.
    """

    epochs: int = 50
    batch_size: int = 8
    size: tuple[int, int] | None = None
    """(height, width) in pixels of the crops to train on; None: `deploy_size`. Multiples of 16
    plus 1 put the corners of picture and map upon each other."""
    deploy_size: tuple[int, int] | None = None
    """(height, width) that the finished network receives. None: `size`, and without that one
    either what holds every training picture, shrunk to at most 513 pixels a side."""
    fit: Literal["keep", "crop", "squash", "pad"] = "pad"
    """Only "pad": nothing is cut off or distorted that has to be answered for."""
    learning_rate: float = 5e-4
    backbone_rate: float = 0.3
    schedule: Schedule = "poly"
    dropout: float = 0.1
    ema_decay: float = 0.99
    evaluate_every: int = 5
    output_stride: OutputStride = 16
    """In training: input pixels a pixel of the last map (section 6.3)."""
    deploy_output_stride: OutputStride | None = None
    """Of the finished network; None: `output_stride`. 8 sees more finely, for some four times the
    work; the dilations double and the weights stay."""
    aspp: Aspp = "keep"
    """Atrous branches beside the 1x1 and the image pooling: those of the first weights, none, or
    three at rates (6, 12, 18) for an output stride of 16, twice that at 8."""
    class_weights: ClassWeights = "none"
    """How much a class's pixels count: all alike, the median share of pixels over the class's own
    (arXiv 1411.4734), or one over the logarithm of 1.02 plus it (arXiv 1606.02147)."""
    label_smoothing: float = 0.0
    """The share of a right answer that is spread over all classes."""
    augmentation: MaskAugmentation = field(default_factory=MaskAugmentation)
    """What training pictures and their masks go through."""

    def __post_init__(self) -> None:
        check_loop_recipe(self)
        check_size("deploy_size", self.deploy_size)
        require(self.fit == "pad", "a segmenter's fit must be 'pad'", self.fit)
        require(
            0 <= self.label_smoothing < 1, "label_smoothing must be in [0, 1)", self.label_smoothing
        )


def segmentation_recipe_from_json(text: str) -> SegmentationRecipe:
    """A segmenter's recipe from what `to_json` wrote; fields left out take their default.

    Raises:
        RecipeError: not JSON, an unknown field, a wrong type or a value out of range.
    """
    return parse_recipe(text, SegmentationRecipe)
