"""`mobilenetv2 predict`: label pictures, find objects in them, divide them into classes."""

import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import counting, messages, print_json
from mobilenetv2.cli.loading import open_predictor
from mobilenetv2.cli.outputs import Outputs, Wanted, output_options
from mobilenetv2.cli.predict_table import PredictTable
from mobilenetv2.cli.prediction_options import check_options, prediction_options
from mobilenetv2.errors import ImageError
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.pipeline import predict_many
from mobilenetv2.tasks.find_pictures import describe_left_aside, look_through
from mobilenetv2.tasks.options import Options


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@prediction_options(("classification", "detection", "segmentation"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@output_options
def predict(
    paths: tuple[str, ...],
    model: str,
    options: Options,
    as_json: bool,
    wanted: Wanted,
) -> None:
    r"""Label pictures: files, folders (searched through) and patterns such as 'photos/*.jpg'.

    What is said of a picture depends on the model: labels (classifiers), boxes with labels
    (detectors), or a class for each pixel (segmenters). With --save, segmenters also write
    NAME.mask.png, whose values are the classes.

    Exit status 1 when a picture could not be read; the others are labeled all the same.
    """
    pictures = expand(paths)
    loaded = open_predictor(model)
    check_options(options, loaded)
    wanted.check(loaded.task)
    longest = max((len(str(path)) for path in pictures), default=0)
    table = None if as_json else PredictTable(loaded.task, loaded.labels, longest)
    failures = 0
    with (
        counting("Labeling", len(pictures)) as advance,
        Outputs(wanted, loaded.task, loaded.labels) as outputs,
    ):
        for answer in predict_many(loaded, pictures, options):
            line = answer.to_json()
            if answer.prediction is None:
                failures += 1
                error = answer.error or ""
                messages().print(f"[red]error:[/red] {escape(error)}", soft_wrap=True)
                outputs.add_error(answer.path, error)
            else:
                line |= outputs.add(answer.path, answer.path, answer.prediction)
                if table:
                    table.add(answer.path, answer.prediction)
            if as_json:
                print_json(line)
            advance()
        if table:
            table.flush()
    if failures:
        messages().print(f"[red]{failures} of {len(pictures)} pictures could not be read[/red]")
        sys.exit(1)


def expand(paths: Iterable[str]) -> list[Path]:
    """Files as given, folders and patterns as the pictures in them; each once, in order."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        # Not the path's own methods, which raise for a name that no file can have.
        if os.path.isdir(path):  # noqa: PTH112
            inside = look_through(path)
            told = describe_left_aside(inside.left_aside)
            if not inside.pictures:
                others = f"; left aside: {told}" if told else ""
                raise ImageError(f"{name} must hold at least one picture, got none{others}")
            if told:
                messages().print(f"{name}: left aside {told}", markup=False, soft_wrap=True)
            found.extend(inside.pictures)
        elif not os.path.exists(path) and glob.has_magic(name):
            matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 - from anywhere
            if not matches:
                raise ImageError(f"the pattern {name!r} must match at least one file, got none")
            found.extend(match for match in matches if match.is_file())
        else:
            found.append(path)
    return list(dict.fromkeys(found))
