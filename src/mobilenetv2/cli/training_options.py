"""What every `mobilenetv2 train` command takes, and what it does around a run."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mobilenetv2.cli import INTERRUPTED
from mobilenetv2.cli.console import messages
from mobilenetv2.cli.training_report import TrainingProgress, training_progress
from mobilenetv2.errors import MissingDependencyError, RecipeError

if TYPE_CHECKING:
    from mobilenetv2.train.recipe import LoopRecipe

    R = TypeVar("R", bound=LoopRecipe)

Command = Callable[..., None]


class InputSize(click.ParamType["tuple[int, int]"]):
    """A side, 320, or both, 361x481, as (height, width) in pixels."""

    name = "pixels"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Refuse anything but one or two whole numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):
            self.fail(f"a size is 320 or 361x481 (height x width), got {value!r}", param, ctx)
        return int(parts[0]), int(parts[-1])


_OPTIONS = (
    click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="Gets state, logs and checkpoints. The same command again goes on where it stopped.",
    ),
    click.option(
        "--recipe",
        "recipe_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A recipe as JSON, such as an earlier run's recipe.json; options override it.",
    ),
    click.option("--epochs", type=click.IntRange(min=1), help="How often every picture is seen."),
    click.option("--batch-size", type=click.IntRange(min=1), help="Pictures a step."),
    click.option("--learning-rate", type=float, help="At its peak."),
    click.option(
        "--size",
        type=InputSize(),
        help="Pixels a side of the input, or HEIGHTxWIDTH.",
    ),
    click.option("--seed", type=click.IntRange(min=0), help="Of everything random."),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where to compute.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=0),
        help="Processes that decode pictures; by default one for a CPU, up to eight for a GPU.",
    ),
    click.option(
        "--license", "license_", default="", help="Of the pictures; kept in the checkpoint."
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="The result as one JSON object on stdout."
    ),
)


def run_options(command: Command) -> Command:
    """--out to --json, the same for every task."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def override(
    recipe: "R",
    *,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    size: tuple[int, int] | None,
    seed: int | None,
) -> "R":
    """The recipe with the options that were given.

    Raises:
        RecipeError: a value out of range.
    """
    epochs = epochs or recipe.epochs
    return replace(
        recipe,
        epochs=epochs,
        warmup_epochs=min(recipe.warmup_epochs, epochs),
        batch_size=batch_size or recipe.batch_size,
        learning_rate=recipe.learning_rate if learning_rate is None else learning_rate,
        size=size or recipe.size,
        seed=recipe.seed if seed is None else seed,
    )


def read_recipe_text(path: Path) -> str:
    """A recipe file's text.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error


def require_torch() -> None:
    """Name the extra before anything else is done.

    Raises:
        MissingDependencyError: torch or torchvision is not installed.
    """
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("torch and torchvision", "train", "Training") from error


@contextmanager
def run_reporter() -> Iterator[TrainingProgress]:
    """A reporter for a run; an interrupted run says where it is and ends with status 130."""
    from mobilenetv2.train import TrainingInterrupted

    try:
        with training_progress() as reporter:
            yield reporter
    except TrainingInterrupted as stopped:
        messages().print(str(stopped), soft_wrap=True, markup=False)
        sys.exit(INTERRUPTED)
