"""What every training run is told, whatever it learns. Tasks add their own fields."""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal, TypeVar

from mobilenetv2.errors import CheckpointError, RecipeError, SpecError
from mobilenetv2.weights.json_text import parse_json
from mobilenetv2.weights.plain import from_plain, to_plain

Optimizer = Literal["sgd", "adamw", "rmsprop"]
BatchNormRule = Literal["auto", "batch", "synced", "frozen", "folded"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Channels = Literal["color", "grey"]
Schedule = Literal["cosine", "poly"]

FEW_PICTURES = 16
"""Below this many in a batch its statistics are too noisy to normalize by."""


@dataclass(frozen=True, slots=True)
class LoopRecipe:
    """What the loop does, whatever the task. Stored in every checkpoint that comes out of it.

    The strings below the fields are what `recipe_fields` and the documentation say of them.

    Raises:
        RecipeError: a value outside its range, with the rule.
    """

    epochs: int = 20
    """How often every training picture is seen."""
    batch_size: int = 32
    """Pictures a step, of all processes together."""
    size: tuple[int, int] | None = None
    """(height, width) in pixels; None keeps that of the first weights."""
    fit: Literal["auto", "keep", "crop", "squash", "pad"] = "keep"
    """How a picture is brought to `size`; "keep" does as the first weights' preprocessing, "auto"
    (classifiers) what suits the pictures best, that, squashing or cropping them."""
    channels: Channels = "color"
    """"grey" shows the network pictures without their colors, in training and ever after: its
    first layer then weighs red, green and blue as a grey picture does."""
    stretch: bool = False
    """Grey pictures of 16 and 32 bits, as of 12-bit and thermal cameras, are shown with their
    darkest value black and their brightest white, in training and ever after; first weights that
    were taught so keep to it."""
    optimizer: Optimizer = "adamw"
    """Stochastic gradient descent with Nesterov's momentum, AdamW, or the paper's RMSprop."""
    learning_rate: float = 1e-4
    """At its peak, for the layers that are new."""
    backbone_rate: float = 1.0
    """The other layers' share of the learning rate."""
    momentum: float = 0.9
    """Of "sgd" and "rmsprop"; AdamW has its own."""
    weight_decay: float = 0.02
    """On weights of full and pointwise convolutions: none on depthwise, gamma, beta and bias."""
    warmup_epochs: float = 1.0
    """The rate rises linearly that long, then falls to zero along `schedule`."""
    schedule: Schedule = "cosine"
    """Half a cosine, or DeepLab's polynomial of power 0.9."""
    clip_norm: float = 0.0
    """Gradients longer than this are shortened to it; 0 leaves them."""
    dropout: float = 0.2
    """The chance of a value before the last layer, `logits`, to be zeroed."""
    ema_decay: float = 0.998
    """Of the running average of all weights, which is what is evaluated and kept; 0: none."""
    evaluate_raw: bool = False
    """Log the metrics of the last step's weights as well, at the price of a second evaluation."""
    evaluate_every: int = 1
    """Epochs between two evaluations; the last epoch is always evaluated."""
    patience: int = 0
    """Evaluations without a better one after which the run ends, early; 0: it does not."""
    keep_first: float = 0.0
    """The first weights' share in what is evaluated and kept, the rest being the average's: what
    fine-tuning learns and what it forgets need not be paid for together (WiSE-FT, arXiv
    2109.01903)."""
    teacher_weight: float = 0.5
    """The teachers' share in the loss, the rest being the right answers'. Without effect where
    there is no teacher, or no right answer."""
    teacher_temperature: float = 1.0
    """By which the logits of teachers and student are divided before they are compared."""
    freeze: str = "none"
    """What does not learn: "backbone", or all up to and with a block, "block5"; "none": all learns.
    Frozen layers keep their batch norms' statistics, and no gradient goes back through them."""
    batch_norm: BatchNormRule = "auto"
    """"synced" normalizes by the batch, "batch" by each process's share of it, "frozen" by the
    stored statistics; "folded" trains a folded network as it is, to which all others bring batch
    norm back by calibration. "auto": "synced" from 16 pictures a batch on, "frozen" below."""
    precision: Precision = "auto"
    """"auto": bfloat16 where the hardware has it and the pictures are large enough to gain."""
    quantize_epochs: int = 0
    """So many last epochs compute in the engine's integers of 8 bits, and the result is in them.
    They begin at what `batch_norm`, `ema_decay` and `keep_first` have made of the floats, with
    batch norms folded; of first weights in integers all epochs go on in those."""
    seed: int = 0
    """Of everything random; on a CPU the same seed gives the same bits."""

    def __post_init__(self) -> None:
        check_loop_recipe(self)

    @property
    def batch_norm_rule(self) -> Literal["batch", "frozen", "folded"]:
        """`batch_norm` with "auto" decided; "batch" by however much of it."""
        if self.batch_norm == "synced":
            return "batch"
        if self.batch_norm != "auto":
            return self.batch_norm
        return "batch" if self.batch_size >= FEW_PICTURES else "frozen"

    def to_json(self) -> str:
        """One line, to be read by `recipe_from_json`."""
        return json.dumps(to_plain(self))


R = TypeVar("R", bound=LoopRecipe)


def parse_recipe(text: str, kind: type[R]) -> R:
    """A recipe of that kind from what `to_json` wrote; fields left out take their default.

    Raises:
        RecipeError: not JSON, an unknown field, a wrong type or a value out of range.
    """
    try:
        return from_plain(kind, parse_json(text, "a recipe"), "recipe")
    except (CheckpointError, SpecError) as error:
        raise RecipeError(f"a recipe must be the JSON of a {kind.__name__}: {error}") from error


def require(condition: bool, rule: str, value: object) -> None:
    """Raise a `RecipeError` with the rule and the value unless the condition holds."""
    if not condition:
        raise RecipeError(f"{rule}, got {value!r}")


def check_loop_recipe(recipe: LoopRecipe) -> None:
    """Refuse values outside their ranges.

    Raises:
        RecipeError: names the rule.
    """
    require(1 <= recipe.epochs <= 100_000, "epochs must be at least 1", recipe.epochs)
    require(recipe.evaluate_every >= 1, "evaluate_every must be at least 1", recipe.evaluate_every)
    require(0 <= recipe.patience <= 100_000, "patience must not be negative", recipe.patience)
    require(
        not (recipe.patience and recipe.quantize_epochs),
        "patience must be 0 where quantize_epochs are to come: nothing ends before these",
        recipe.patience,
    )
    require(1 <= recipe.batch_size <= 65536, "batch_size must be at least 1", recipe.batch_size)
    check_size("size", recipe.size)
    require(0 <= recipe.keep_first <= 1, "keep_first must be in 0..1", recipe.keep_first)
    require(0 < recipe.learning_rate < 100, "learning_rate must be positive", recipe.learning_rate)
    require(0 <= recipe.backbone_rate <= 1, "backbone_rate must be in 0..1", recipe.backbone_rate)
    require(
        0 <= recipe.teacher_weight <= 1, "teacher_weight must be in 0..1", recipe.teacher_weight
    )
    require(
        0.1 <= recipe.teacher_temperature <= 100,
        "teacher_temperature must be in 0.1..100",
        recipe.teacher_temperature,
    )
    for name in ("momentum", "weight_decay", "dropout", "ema_decay"):
        value = getattr(recipe, name)
        require(0 <= value < 1, f"{name} must be in [0, 1)", value)
    require(
        0 <= recipe.warmup_epochs <= recipe.epochs,
        "warmup_epochs must be between 0 and epochs",
        recipe.warmup_epochs,
    )
    require(
        isfinite(recipe.clip_norm) and recipe.clip_norm >= 0,
        "clip_norm must not be negative",
        recipe.clip_norm,
    )
    require(
        0 <= recipe.quantize_epochs <= recipe.epochs,
        f"quantize_epochs must be between 0 and epochs ({recipe.epochs})",
        recipe.quantize_epochs,
    )
    require(
        not (recipe.channels == "grey" and recipe.quantize_epochs),
        "channels must be color where a run has epochs in integers (quantize_epochs, --quantize): "
        "for grey train in floats, then mobilenetv2 quantize",
        recipe.channels,
    )
    # Which blocks there are, the network says later.
    require(
        re.fullmatch(r"none|backbone|stem|block\d+|last", recipe.freeze) is not None,
        "freeze must be none, backbone, or the part up to which nothing learns: stem, block0, "
        "block1 ... or last",
        recipe.freeze,
    )
    require(0 <= recipe.seed < 2**63, "seed must be in 0..2**63 - 1", recipe.seed)


def check_size(name: str, size: tuple[int, int] | None) -> None:
    """Refuse a size that no network takes; None is one.

    Raises:
        RecipeError: names the field.
    """
    require(
        size is None or all(32 <= side <= 4096 for side in size),
        f"{name} must be (height, width), each from 32 to 4096 pixels",
        size,
    )
