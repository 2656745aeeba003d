"""`mobilenetv2 predict`: label pictures, find objects in them, divide them into classes."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from mobilenetv2.cli.console import counting, messages, note, output, print_json, print_line
from mobilenetv2.cli.frame_lines import frame_line
from mobilenetv2.cli.frame_options import check_choice, frame_options, threads_beside
from mobilenetv2.cli.loading import open_predictor
from mobilenetv2.cli.predict_table import PredictTable
from mobilenetv2.cli.prediction_options import check_task, prediction_options
from mobilenetv2.cli.window import Window
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.pipeline import predict_sources
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import sources_of
from mobilenetv2.tasks.options import Options

if TYPE_CHECKING:
    from mobilenetv2.cli.annotated import Annotated


@click.command()
@click.argument("words", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@prediction_options(("classification", "detection", "segmentation"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--save", type=click.Path(path_type=Path), help="Write what is found, drawn, here.")
@click.option("--show", is_flag=True, help="Show it in a window; Q closes it.")
@frame_options
def predict(
    words: tuple[str, ...],
    model: str,
    options: Options,
    as_json: bool,
    save: Path | None,
    show: bool,
    choice: FrameChoice,
) -> None:
    r"""Label pictures, and the frames of videos.

    A PATH is a file, a folder (searched through for pictures), a pattern such as 'photos/*.jpg', an
    http(s) address, a camera (camera:0), an RTSP stream, a list (a .txt of any of these, one a
    line), or - for a picture or a list on standard input. Videos need the extra [video].

    What is said of a picture depends on the model: labels (classifiers), boxes with labels
    (detectors), or a class for each pixel (segmenters). With --save, segmenters also write
    NAME.mask.png for a picture, whose values are the classes. A video becomes a video.

    Exit status 1 when a source could not be read; the others are labeled all the same.
    """
    sources = sources_of(words, note)
    videos = [source for source in sources if isinstance(source, Video)]
    check_choice(choice, videos)
    loaded = open_predictor(model, threads_beside(videos))
    check_task(options, loaded.task)
    table = PredictTable(loaded.task)
    failures = seen = 0
    with ExitStack() as stack:
        window = stack.enter_context(Window("mobilenetv2")) if show else None
        annotated = stack.enter_context(_annotated(save)) if save else None
        advance = stack.enter_context(counting("Labeling", None if videos else len(sources)))
        answers = stack.enter_context(
            closing(predict_sources(loaded, sources, options, choice, note))
        )
        for answer in answers:
            line, moment = answer.to_json(), answer.source.moment
            seen += 1
            if answer.prediction is None:
                failures += 1
                messages().print(f"[red]error:[/red] {escape(answer.error or '')}", soft_wrap=True)
            else:
                drawn = answer.drawn() if annotated or window else None
                if annotated and drawn:
                    line |= annotated.save(answer.source, answer.prediction, drawn)
                if window and drawn and not window.shows(drawn, moment.seconds if moment else None):
                    break
                if moment is None:
                    table.add(answer.source.name, answer.prediction)
                elif not as_json:
                    print_line(f"{answer.source.name}  {frame_line(moment, answer.prediction)}")
            if as_json:
                print_json(line)
            advance()
        if window and not videos:
            window.hold()
    if not as_json and table.rows:
        output().print(table.rendered())
    if failures:
        messages().print(f"[red]{failures} of {seen} pictures could not be read[/red]")
        sys.exit(1)


def _annotated(folder: Path) -> Annotated:
    # Writing videos needs modules that a run without --save shall not wait for.
    from mobilenetv2.cli.annotated import Annotated

    return Annotated(folder, note)
