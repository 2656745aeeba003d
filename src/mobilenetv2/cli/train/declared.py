"""The options that every `mobilenetv2 train` command has, as click is told of them."""

from pathlib import Path

import click

from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.train.recipe_options import FieldValue, show_fields


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


OPTIONS = (
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        help="Gets state, logs and checkpoints. The same command again goes on where it stopped.",
    ),
    click.option(
        "--recipe",
        "recipe_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A recipe as JSON, such as an earlier run's recipe.json; options override it.",
    ),
    click.option(
        "--set",
        "values",
        multiple=True,
        type=FieldValue(),
        help="A field of the recipe, such as weight_decay=0.05; may be repeated.",
    ),
    click.option(
        "--fields",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show_fields,
        help="List the recipe's fields, what they mean and their defaults, and stop.",
    ),
    click.option("--epochs", type=click.IntRange(min=1), help="How often every picture is seen."),
    click.option(
        "--batch-size", type=click.IntRange(min=1), help="Pictures a step, of all processes."
    ),
    click.option("--learning-rate", type=float, help="At its peak."),
    click.option(
        "--size",
        type=InputSize(),
        help="Pixels a side of the input, or HEIGHTxWIDTH.",
    ),
    click.option(
        "--width",
        type=NumberRange(min=0, min_open=True),
        help="With --model none: the network's width multiplier; 1 by default.",
    ),
    click.option(
        "--minutes",
        type=NumberRange(min=0, min_open=True),
        help="End after so long, the learning rate at zero by then; the same with more goes on.",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with the run in --out by its own recipe, up to more --epochs.",
    ),
    click.option(
        "--quantize",
        is_flag=True,
        help="End in integers of 8 bits: the last quarter of the epochs trains in them.",
    ),
    click.option(
        "--stretch",
        is_flag=True,
        help="Grey pictures of 16 bits: the darkest value black, the brightest white, from now on.",
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
        help="Processes that decode pictures, for each that trains; by default as many as the "
        "first steps show to be needed.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(min=1),
        help="Processes on this machine that train together, each on its share of every batch: one "
        "a GPU, or one a few cores. Under torchrun, which starts them itself, leave it out.",
    ),
    click.option(
        "--teacher",
        multiple=True,
        help="A network, a file or a name, whose answers are learnt beside the right ones; several "
        "are averaged.",
    ),
    click.option(
        "--unlabeled",
        is_flag=True,
        help="Look at no label of --data: the first --teacher's classes are learnt. By itself so "
        "for a folder of pictures alone.",
    ),
    click.option(
        "--log",
        multiple=True,
        type=click.Choice(["tensorboard", "wandb", "mlflow"]),
        help="Write figures there as well, offline; may be repeated.",
    ),
    click.option("--license", default="", help="Of the pictures; kept in the checkpoint."),
    click.option("--dry-run", is_flag=True, help="Report on the data and stop; needs no --out."),
    click.option(
        "--json", "as_json", is_flag=True, help="The result as one JSON object on stdout."
    ),
)
