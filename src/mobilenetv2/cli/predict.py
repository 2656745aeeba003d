"""`mobilenetv2 predict`: label pictures, find objects in them, divide them into classes."""

import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.annotated import AnnotatedPictures
from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.loading import open_predictor
from mobilenetv2.cli.predict_table import PredictTable
from mobilenetv2.cli.scales import read_scales
from mobilenetv2.errors import ImageError
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.pipeline import predict_many
from mobilenetv2.tasks.image import find_pictures
from mobilenetv2.tasks.options import DEFAULTS, Options

SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option(
    "--top", default=DEFAULTS.top, show_default=True, type=click.IntRange(min=1),
    help="Classifiers: how many answers.",
)  # fmt: skip
@click.option(
    "--threshold", default=DEFAULTS.threshold, show_default=True, type=SHARE,
    help="Detectors: the score that a box must exceed.",
)  # fmt: skip
@click.option(
    "--max-detections", default=DEFAULTS.max_detections, show_default=True,
    type=click.IntRange(min=1), help="Detectors: how many boxes at most.",
)  # fmt: skip
@click.option(
    "--nms", default=DEFAULTS.nms, show_default=True, type=SHARE,
    help="Detectors: how much boxes of a class may overlap.",
)  # fmt: skip
@click.option(
    "--scales", metavar="A,B,...", callback=read_scales,
    help="Segmenters: factors on the input's size to average over; default: 1.",
)  # fmt: skip
@click.option("--flip", is_flag=True, help="Segmenters: average with the mirrored picture.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--save", type=click.Path(path_type=Path), help="Write annotated pictures here.")
def predict(
    paths: tuple[str, ...],
    model: str,
    top: int,
    threshold: float,
    max_detections: int,
    nms: float,
    scales: tuple[float, ...] | None,
    flip: bool,
    as_json: bool,
    save: Path | None,
) -> None:
    r"""Label pictures: files, folders (searched through) and patterns such as 'photos/*.jpg'.

    What is said of a picture depends on the model: labels (classifiers), boxes with labels
    (detectors), or a class for each pixel (segmenters). With --save, segmenters also write
    NAME.mask.png, whose values are the classes.

    Exit status 1 when a picture could not be read; the others are labeled all the same.
    """
    pictures = _expand(paths)
    loaded = open_predictor(model)
    try:
        options = Options(top, threshold, max_detections, nms, scales or DEFAULTS.scales, flip)
        options.check(loaded.task)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    table = PredictTable(loaded.task)
    annotated = AnnotatedPictures(save) if save else None
    failures = 0
    with counting("Labeling", len(pictures)) as advance:
        for answer in predict_many(loaded, pictures, options):
            line = answer.to_json()
            if answer.prediction is None:
                failures += 1
                messages().print(f"[red]error:[/red] {escape(answer.error or '')}", soft_wrap=True)
            else:
                line |= annotated.save(answer.path, answer.prediction) if annotated else {}
                table.add(answer.path, answer.prediction)
            if as_json:
                print_json(line)
            advance()
    if not as_json and table.rows:
        output().print(table.rendered())
    if failures:
        messages().print(f"[red]{failures} of {len(pictures)} pictures could not be read[/red]")
        sys.exit(1)


def _expand(paths: Iterable[str]) -> list[Path]:
    """Files as given, folders and patterns as the pictures in them; each once, in order."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        # Not the path's own methods, which raise for a name that no file can have.
        if os.path.isdir(path):  # noqa: PTH112
            inside = find_pictures(path)
            if not inside:
                raise ImageError(f"{name} must hold at least one picture, got none")
            found.extend(inside)
        elif not os.path.exists(path) and glob.has_magic(name):
            matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 - from anywhere
            if not matches:
                raise ImageError(f"the pattern {name!r} must match at least one file, got none")
            found.extend(match for match in matches if match.is_file())
        else:
            found.append(path)
    return list(dict.fromkeys(found))
