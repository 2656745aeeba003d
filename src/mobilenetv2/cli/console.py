"""Where the commands write: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from mobilenetv2.cli.safe_text import safe, safe_json

LINE_SECONDS = 30.0
"""Between lines in a log: an hour's run gives a page, and a dead one is noticed soon."""


class SafeConsole(Console):
    """A console to which no label and no file name can send a command."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """What rich would print, with commands to the terminal spelled out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(safe(segment.text), segment.style)


def output() -> Console:
    """Tables for people. Wide enough not to fold them when stdout is a file or a pipe."""
    return SafeConsole(width=None if sys.stdout.isatty() else 120, highlight=False)


def messages() -> Console:
    """Progress, notes and warnings: stderr, so that a pipe receives results alone."""
    return SafeConsole(stderr=True, highlight=False)


def beside_results() -> bool:
    """Whether results appear on the terminal on which bars are drawn.

    Only then may rich print them above a bar: what it redirects goes to the bar's console, which
    is stderr, and a file or pipe behind stdout would stay empty.
    """
    return sys.stdout.isatty()


def print_json(value: dict[str, object]) -> None:
    """One JSON object on one line of stdout, at once; escaped where stdout lacks a letter."""
    text = safe_json(json.dumps(value, ensure_ascii=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    print(text, flush=True)  # noqa: T201


def print_line(text: str) -> None:
    """One line of text on stdout, at once, with commands to the terminal spelled out."""
    print(safe(text), flush=True)  # noqa: T201


def note(text: str) -> None:
    """A sentence beside the results."""
    messages().print(text, markup=False, soft_wrap=True)


@contextmanager
def counting(description: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A progress bar with rate and time left; gives the function that advances it by one.

    On a terminal, gone when done. In a log, a line now and then.
    """
    console = messages()
    if not console.is_terminal:
        yield _lines(console, description, total)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        redirect_stdout=beside_results(),
        transient=True,
    ) as progress:
        task = progress.add_task(description, total=total)
        yield lambda: progress.advance(task)


def _lines(console: Console, description: str, total: int | None) -> Callable[[], None]:
    began = shown = monotonic()
    done = 0

    def advance() -> None:
        nonlocal done, shown
        done, now = done + 1, monotonic()
        if now - shown > LINE_SECONDS:
            shown = now
            said = f"{description}: {done}"
            if total is not None:
                left = in_minutes((now - began) / done * (total - done))
                said += f" of {total}, {left} left"
            console.print(said, soft_wrap=True)

    return advance


def in_minutes(seconds: float) -> str:
    """1:05, or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
