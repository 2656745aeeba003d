"""How to train, as a value: what is not written here does not happen. Stored in the checkpoint."""

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from mobilenetv2.errors import CheckpointError, RecipeError
from mobilenetv2.weights.plain import from_plain, to_plain

Optimizer = Literal["sgd", "adamw", "rmsprop"]
BatchNormRule = Literal["auto", "batch", "frozen", "folded"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]

FEW_PICTURES = 16
"""Below this many in a batch its statistics are too noisy to normalize by."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What training pictures go through. Nothing here touches evaluation.

    A crop covers a share of the picture drawn from `crop_scale`, with an aspect ratio drawn from
    `crop_ratio`: relative to a square, or to the picture's own where preprocessing squashes.
    """

    crop_scale: tuple[float, float] = (0.35, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
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
        _require(0 < low <= high <= 1, "crop_scale must rise within (0, 1]", self.crop_scale)
        low, high = self.crop_ratio
        _require(0 < low <= high < 100, "crop_ratio must rise within (0, 100)", self.crop_ratio)
        for name in ("flip", "color_jitter", "erasing"):
            value = getattr(self, name)
            _require(0 <= value <= 1, f"{name} must be in 0..1", value)
        for name in ("mixup", "cutmix"):
            value = getattr(self, name)
            _require(0 <= value <= 10, f"{name} must be in 0..10", value)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run, data and first weights aside.

    `batch_norm` says what training does with batch norm: "batch" normalizes by the batch,
    "frozen" by the stored statistics, "folded" trains a folded network as it is. Where the first
    weights are folded, "batch" and "frozen" bring batch norm back by calibration. "auto" is
    "batch" from 16 pictures a batch on, and "frozen" below.

    Raises:
        RecipeError: a value outside its range, with the rule.
    """

    epochs: int = 20
    batch_size: int = 32
    size: tuple[int, int] | None = None
    """(height, width) in pixels; None keeps that of the first weights."""
    deploy_size: tuple[int, int] | None = None
    """(height, width) that the finished network receives; None: `size`. Random crops show things
    larger than whole pictures do, so a network is often best somewhat above the size it was
    trained at (FixRes, arXiv 1906.06423)."""
    fit: Literal["keep", "crop", "squash"] = "keep"
    """How a picture is brought to `size`; "keep" does as the first weights' preprocessing."""
    optimizer: Optimizer = "adamw"
    learning_rate: float = 1e-4
    """At its peak, for the layers that are new. A head that begins from a linear probe bears no
    more: pooled features have a squared length near 1500, and SGD at 0.01 or AdamW at 1e-3 lose
    in an epoch what the probe had found."""
    backbone_rate: float = 1.0
    """The other layers' share of the learning rate."""
    momentum: float = 0.9
    weight_decay: float = 0.02
    """On weights of full and pointwise convolutions: none on depthwise, gamma, beta and bias."""
    warmup_epochs: float = 1.0
    """The rate rises linearly that long, then falls to zero along a half cosine."""
    clip_norm: float = 0.0
    """Gradients longer than this are shortened to it; 0 leaves them."""
    label_smoothing: float = 0.1
    dropout: float = 0.2
    """Before `logits`."""
    ema_decay: float = 0.998
    """Of the running average of all weights, which is what is evaluated and kept; 0: none."""
    evaluate_raw: bool = False
    """Log the metrics of the last step's weights as well, at the price of a second evaluation."""
    keep_first: float = 0.5
    """The first weights' share in what is evaluated and kept, the rest being the average's: what
    fine-tuning learns and what it forgets need not be paid for together (WiSE-FT, arXiv
    2109.01903). Without effect where a new head begins without `linear_probe`."""
    batch_norm: BatchNormRule = "auto"
    linear_probe: bool = True
    """Start a new head from a logistic regression on the first weights' features."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    precision: Precision = "auto"
    """"auto": bfloat16 where the hardware has it and the pictures are large enough to gain."""
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def batch_norm_rule(self) -> Literal["batch", "frozen", "folded"]:
        """`batch_norm` with "auto" decided."""
        if self.batch_norm != "auto":
            return self.batch_norm
        return "batch" if self.batch_size >= FEW_PICTURES else "frozen"

    def to_json(self) -> str:
        """One line, to be read by `recipe_from_json`."""
        return json.dumps(to_plain(self))


def recipe_from_json(text: str) -> Recipe:
    """A recipe from what `to_json` wrote; fields left out take their default.

    Raises:
        RecipeError: not JSON, an unknown field, a wrong type or a value out of range.
    """
    try:
        return from_plain(Recipe, json.loads(text), "recipe")
    except (CheckpointError, json.JSONDecodeError, RecursionError) as error:
        raise RecipeError(f"a recipe must be the JSON of a Recipe: {error}") from error


def _require(condition: bool, rule: str, value: object) -> None:
    if not condition:
        raise RecipeError(f"{rule}, got {value!r}")


def _check(recipe: Recipe) -> None:
    _require(1 <= recipe.epochs <= 100_000, "epochs must be at least 1", recipe.epochs)
    _require(1 <= recipe.batch_size <= 65536, "batch_size must be at least 1", recipe.batch_size)
    for name in ("size", "deploy_size"):
        size = getattr(recipe, name)
        _require(
            size is None or all(32 <= side <= 4096 for side in size),
            f"{name} must be (height, width), each from 32 to 4096 pixels",
            size,
        )
    _require(0 <= recipe.keep_first <= 1, "keep_first must be in 0..1", recipe.keep_first)
    _require(0 < recipe.learning_rate < 100, "learning_rate must be positive", recipe.learning_rate)
    _require(0 <= recipe.backbone_rate <= 1, "backbone_rate must be in 0..1", recipe.backbone_rate)
    for name in ("momentum", "weight_decay", "label_smoothing", "dropout", "ema_decay"):
        value = getattr(recipe, name)
        _require(0 <= value < 1, f"{name} must be in [0, 1)", value)
    _require(
        0 <= recipe.warmup_epochs <= recipe.epochs,
        "warmup_epochs must be between 0 and epochs",
        recipe.warmup_epochs,
    )
    _require(
        isfinite(recipe.clip_norm) and recipe.clip_norm >= 0,
        "clip_norm must not be negative",
        recipe.clip_norm,
    )
    _require(0 <= recipe.seed < 2**63, "seed must be in 0..2**63 - 1", recipe.seed)
