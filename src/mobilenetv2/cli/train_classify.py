"""`mobilenetv2 train classify`: fine-tune a classifier on a folder of pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.training_options import (
    override,
    read_recipe_text,
    require_torch,
    run_options,
    run_reporter,
)
from mobilenetv2.cli.training_report import report_result
from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.model import DEFAULT_MODEL

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="Training pictures: one folder a class, or the parent of such train/ and val/.",
)
@click.option(
    "--val",
    type=click.Path(path_type=Path),
    help="Validation pictures, likewise. Without it a fifth of every class is held out.",
)
@click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, help="First weights: a file or a name."
)
@run_options
def classify(
    data: Path,
    val: Path | None,
    model: str,
    out: Path,
    recipe_file: Path | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    size: tuple[int, int] | None,
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
    require_torch()
    from mobilenetv2.train import Recipe, fine_tune_classifier, recipe_from_json
    from mobilenetv2.train.folder import read_training_data

    recipe = override(
        recipe_from_json(read_recipe_text(recipe_file)) if recipe_file else Recipe(),
        epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, size=size, seed=seed,
    )  # fmt: skip
    found = read_training_data(data, val)
    tell_warnings(class_warnings(found.labels, found.training, found.validation, data))
    first = open_checkpoint(model)
    with run_reporter() as reporter:
        checkpoint = fine_tune_classifier(
            data, out,
            first=first, validation=val, recipe=recipe,
            device=device, workers=workers, license=license_, reporter=reporter,
        )  # fmt: skip
    report_result(checkpoint, out, as_json)
