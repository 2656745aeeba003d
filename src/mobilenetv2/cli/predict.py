"""`mobilenetv2 predict`: label pictures, find objects in them, divide them into classes."""

import os
import sys
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import counting, messages, note, print_json, print_line
from mobilenetv2.cli.frame_lines import frame_line
from mobilenetv2.cli.frame_options import check_choice, frame_options, threads_beside
from mobilenetv2.cli.job_options import WantedJob, job_options
from mobilenetv2.cli.loading import open_predictor
from mobilenetv2.cli.outputs import Outputs, Wanted, output_options
from mobilenetv2.cli.prediction_options import check_options, prediction_options
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.cli.window import Window
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.pipeline import predict_sources
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import sources_of
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.task_of import answering_task


@click.command()
@click.argument("words", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@prediction_options(("classification", "detection", "segmentation"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@output_options
@click.option("--show", is_flag=True, help="Show it in a window; Q closes it.")
@frame_options
@job_options
@ended_by_signals()
def predict(
    words: tuple[str, ...],
    model: str,
    options: Options,
    as_json: bool,
    wanted: Wanted,
    show: bool,
    choice: FrameChoice,
    job: WantedJob | None,
) -> None:
    """Label pictures, and the frames of videos.

    A PATH is a file, a folder (searched for pictures), a pattern such as 'photos/*.jpg', an
    address (http, https, rtsp), a camera (camera:0), tar shards ('train-{000..012}.tar'), a list (a
    .txt of these, one a line), or - for standard input. Videos need the extra [video].

    Classifiers give labels, detectors boxes with labels, segmenters a class for each pixel, which
    --save writes as NAME.mask.png too. Exit status 1 when a source could not be read; the others
    are labeled all the same.
    """
    if job:
        from mobilenetv2.cli.predict_job import predict_job, refuse_beside

        refuse_beside({"json": as_json, "show": show} | asdict(wanted))
        predict_job(job, model, words, options, choice)
        return
    sources = sources_of(words, note)
    videos = [source for source in sources if isinstance(source, Video)]
    check_choice(choice, has_videos=bool(videos))
    loaded = open_predictor(model, threads_beside(has_videos=bool(videos)))
    task = answering_task(loaded.task)
    check_options(options, loaded)
    wanted.check(task)
    longest = max((len(one.name) for one in sources if isinstance(one, Input)), default=0)
    table = None
    if not as_json:
        from mobilenetv2.cli.predict_table import PredictTable

        table = PredictTable(task, loaded.labels, longest)
    failures = seen = 0
    with ExitStack() as stack:
        window = stack.enter_context(Window("mobilenetv2")) if show else None
        # Asked so that a name which no file can have is none: Path.is_dir raises for it.
        given = [Path(word) for word in words if os.path.isdir(word)]  # noqa: PTH112
        outputs = stack.enter_context(
            Outputs(wanted, task, loaded.labels, frames=bool(videos), given=given, tell=note)
        )
        advance = stack.enter_context(counting("Labeling", None if videos else len(sources)))
        answers = stack.enter_context(
            closing(predict_sources(loaded, sources, options, choice, note))
        )
        for answer in answers:
            line, source, moment = answer.to_json(), answer.source, answer.source.moment
            seen += 1
            if answer.prediction is None:
                failures += 1
                error = answer.error or ""
                messages().print(f"[red]error:[/red] {escape(error)}", soft_wrap=True)
                outputs.add_error(source, error)
            else:
                draw = cache(partial(answer.prediction.draw, source.picture))
                line |= outputs.add(source, answer.prediction, draw)
                if window and not window.shows(draw(), moment.seconds if moment else None):
                    break
                if table and moment:
                    print_line(f"{source.name}  {frame_line(moment, answer.prediction)}")
                elif table:
                    table.add(source.name, answer.prediction)
            if as_json:
                print_json(line)
            advance()
        if table:
            table.flush()
        if window and not videos:
            window.hold()
    if failures:
        messages().print(f"[red]{failures} of {seen} pictures could not be read[/red]")
        sys.exit(1)
