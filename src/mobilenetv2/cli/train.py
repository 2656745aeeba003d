"""`mobilenetv2 train`: teach a network on your own pictures."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli import INTERRUPTED
from mobilenetv2.cli.console import messages
from mobilenetv2.cli.training_report import report_result, training_progress
from mobilenetv2.errors import MissingDependencyError, RecipeError
from mobilenetv2.model import DEFAULT_MODEL, load_checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train import Recipe
    from mobilenetv2.train.compute import Device


@click.group()
def train() -> None:
    """Teach a network on your own pictures."""


@train.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Training pictures: one folder a class.",
)
@click.option(
    "--val",
    type=click.Path(path_type=Path),
    help="Validation pictures, likewise. Without it a fifth of every class is held out.",
)
@click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, help="First weights: a file or a name."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Gets state, logs and checkpoints. The same command again goes on where it stopped.",
)
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A Recipe as JSON, such as an earlier run's recipe.json; the options below override it.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="How often every picture is seen.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Pictures a step.")
@click.option("--learning-rate", type=float, help="At its peak.")
@click.option("--size", type=click.IntRange(32, 4096), help="Pixels a side of the input.")
@click.option("--seed", type=click.IntRange(min=0), help="Of everything random.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Processes that decode pictures; by default one for a CPU, up to eight for a GPU.",
)
@click.option("--license", "license_", default="", help="Of the pictures; kept in the checkpoint.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object on stdout.")
def classify(
    data: Path,
    val: Path | None,
    model: str,
    out: Path,
    recipe_file: Path | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    size: int | None,
    seed: int | None,
    device: "Device",
    workers: int | None,
    license_: str,
    as_json: bool,
) -> None:
    """Fine-tune a classifier on a folder of pictures.

    Writes model.safetensors (the last epoch), best.safetensors (the best epoch by top-1 on the
    validation pictures), log.csv and log.jsonl to --out. Ctrl-C saves and ends with status 130.
    """
    _require_torch()
    from mobilenetv2.train import TrainingInterrupted, fine_tune_classifier

    recipe = _read_recipe(recipe_file)
    recipe = replace(
        recipe,
        epochs=epochs or recipe.epochs,
        batch_size=batch_size or recipe.batch_size,
        learning_rate=recipe.learning_rate if learning_rate is None else learning_rate,
        size=(size, size) if size else recipe.size,
        seed=recipe.seed if seed is None else seed,
    )
    try:
        with training_progress() as reporter:
            checkpoint = fine_tune_classifier(
                data, out,
                first=load_checkpoint(model), validation=val, recipe=recipe,
                device=device, workers=workers, license=license_, reporter=reporter,
            )  # fmt: skip
    except TrainingInterrupted as stopped:
        messages().print(str(stopped), soft_wrap=True, markup=False)
        sys.exit(INTERRUPTED)
    report_result(checkpoint, out, as_json)


def _require_torch() -> None:
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("torch and torchvision", "train", "Training") from error


def _read_recipe(path: Path | None) -> "Recipe":
    from mobilenetv2.train import Recipe, recipe_from_json

    if path is None:
        return Recipe()
    try:
        return recipe_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error
