"""--every and --fps: which frames of videos `predict` looks at."""

from collections.abc import Callable
from functools import update_wrapper

import click

from mobilenetv2.engine.library import default_threads
from mobilenetv2.errors import OptionError
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice

Command = Callable[..., None]


def frame_options(command: Command) -> Command:
    """Both options, gathered in one argument `choice`."""

    def gathered(*, every: int, fps: float | None, **given: object) -> None:
        try:
            choice = FrameChoice(every, fps)
        except OptionError as error:
            raise click.UsageError(str(error)) from error
        command(**given, choice=choice)

    decorated: Command = update_wrapper(gathered, command)
    for option in (
        click.option(
            "--fps", metavar="X", type=float, help="Videos: at most so many frames a second."
        ),
        click.option("--every", metavar="N", type=int, default=1, help="Videos: each Nth frame."),
    ):
        decorated = option(decorated)
    return decorated


def check_choice(choice: FrameChoice, *, has_videos: bool) -> None:
    """Refuse a choice of frames where there are none.

    Raises:
        UsageError: so it is.
    """
    if choice != EVERY_FRAME and not has_videos:
        raise click.UsageError("--every and --fps are for videos, and no source is one")


def threads_beside(*, has_videos: bool) -> int | None:
    """How many threads an answer may use: one core decodes, and threads that wait take time.

    On two cores one thread takes a tenth to a fifth less processor time a frame than two do.
    """
    return max(1, default_threads() - 1) if has_videos else None
