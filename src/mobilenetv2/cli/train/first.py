"""What --model and --width mean to every `mobilenetv2 train` command: where a run begins."""

from typing import TYPE_CHECKING, TypeVar

import click

from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.options import Run
from mobilenetv2.cli.train.recipe_options import recipe_kind
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.recipe import LoopRecipe

    R = TypeVar("R", bound=LoopRecipe)

NOTHING = "none"
"""The word for random weights. A file of that name is ./none."""
SIZE = (224, 224)


def open_first(model: str, run: Run, labels: tuple[str, ...]) -> Checkpoint:
    """The weights that --model names; for "none" random ones of the paper's network.

    Args:
        model: a file, a run's folder, a name or "none".
        run: with --width, --size and --seed.
        labels: of the data.

    Raises:
        UsageError: --width beside weights that have one.
    """
    require_no_width(model, run)
    if model != NOTHING:
        return open_checkpoint(model)
    from mobilenetv2.train.scratch import untrained_classifier

    size, seed = run.size, run.seed
    if run.resume:
        # Random weights follow from these: others would be those of another run.
        began = run.began(recipe_kind(click.get_current_context()))
        size, seed = size or began.size, began.seed if seed is None else seed
    return untrained_classifier(width_of(run), size or SIZE, labels, seed or 0)


def require_no_width(model: str, run: Run) -> None:
    """See that --width is not beside weights that have one.

    Raises:
        UsageError: it is.
    """
    if model != NOTHING and run.width is not None:
        raise click.UsageError(
            f"--width is that of a network trained from scratch (--model none); {model} has "
            f"its own, got --width {run.width:g}"
        )


def width_of(run: Run) -> float:
    """Of a network from scratch."""
    return 1.0 if run.width is None else run.width


def suited(recipe: "R", model: str) -> "R":
    """The default recipe, fit for random weights where --model is "none"."""
    if model != NOTHING:
        return recipe
    from mobilenetv2.train.scratch import from_scratch

    return from_scratch(recipe)
