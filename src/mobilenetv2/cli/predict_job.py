"""`predict --out`: the same answers as parts in a folder."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from mobilenetv2.cli.console import counting, messages, note
from mobilenetv2.cli.frame_options import check_choice, threads_beside
from mobilenetv2.cli.job_options import WantedJob
from mobilenetv2.cli.loading import open_predictor
from mobilenetv2.cli.prediction_options import check_options
from mobilenetv2.cli.streams import TERMINATED, sigterm_interrupts
from mobilenetv2.jobs.job import Choice, Identified, Job
from mobilenetv2.jobs.listing import list_words
from mobilenetv2.jobs.run_here import Tally, run_here
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.tasks.options import Options

INTERRUPTED = 130


def predict_job(
    wanted: WantedJob, model: str, words: Sequence[str], options: Options, frames: FrameChoice
) -> None:
    """Answer what is left of a job, and say how far it is."""
    with counting("Listing", None) as advance:
        listing = list_words(words, note, advance)
    check_choice(frames, has_videos=bool(listing.videos))
    loaded = open_predictor(model, threads_beside(has_videos=bool(listing.videos)))
    check_options(options, loaded)
    choice = Choice(
        options=options,
        frames=frames,
        format=wanted.format,
        part_size=wanted.part_size,
        shard=wanted.shard,
    )
    job = Job(wanted.out, loaded, listing, choice)
    _tell_beginning(job)
    tally = Tally()
    try:
        if wanted.on is None:
            with sigterm_interrupts(), counting("Labeling", job.pictures_left) as advance:
                run_here(job, loaded, tally, note, advance)
        elif job.left:
            _work_on_ray(wanted.on, job, loaded, tally)
    except KeyboardInterrupt as stop:
        done = len(job.earlier) + tally.parts
        of = len(job.earlier) + len(job.left)
        note(f"Interrupted: {done} of {of} parts are in {job.folder}; the same command goes on")
        sys.exit(TERMINATED if stop.args else INTERRUPTED)
    _tell_end(job, tally)


def _work_on_ray(address: str, job: Job, model: Identified[Any], tally: Tally) -> None:
    from mobilenetv2.jobs.on_ray import connected, run_on_ray

    # Ray has a handler of its own for SIGTERM, which it sets when it begins.
    with (
        connected(address or None),
        sigterm_interrupts(),
        counting("Labeling", job.pictures_left) as advance,
    ):
        run_on_ray(job, model, tally, advance)


def _tell_beginning(job: Job) -> None:
    if job.begun_with:
        note(f"{job.folder} was begun with mobilenetv2 {job.begun_with}: digits may differ")
    if job.earlier and job.left:
        note(f"{job.folder}: {len(job.earlier)} parts are done, {len(job.left)} are left")


def _tell_end(job: Job, tally: Tally) -> None:
    """One line; exit status 1 where a picture could not be read, today or earlier."""
    whose = "" if job.choice.shard.of == 1 else f" of shard {job.choice.shard}"
    parts = len(job.earlier) + tally.parts
    if job.left:
        note(f"{job.folder}: all {parts} parts{whose} are done")
    else:
        note(f"{job.folder}: all {parts} parts{whose} were done already; nothing is left to do")
    missing = job.finish()
    if missing:
        note(f"{missing} of {job.plan.parts} parts are other machines' and not there yet")
    lines, errors = job.counted_earlier()
    lines, errors = lines + tally.lines, errors + tally.errors
    if errors:
        messages().print(
            f"[red]{errors} of {lines} pictures could not be read[/red]: their lines say why"
        )
        sys.exit(1)


def refuse_beside(given: dict[str, object]) -> None:
    """Refuse options whose results would go elsewhere than into the parts.

    Args:
        given: by the option's name.

    Raises:
        UsageError: one is set.
    """
    for name, value in given.items():
        if value:
            raise click.UsageError(
                f"--{name} is not for --out, which writes what --json prints: run predict again "
                "without --out for it"
            )
