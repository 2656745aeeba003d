"""How a download shows itself: a bar on a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from mobilenetv2.cli.console import beside_results, messages

LINE_SECONDS = 10.0
"""Between lines in a log: often enough to see life, rare enough to read the rest."""

Report = Callable[[int, int | None], None]
"""Told of bytes received and bytes in the end (None: unknown)."""


@contextmanager
def download_progress(name: str, *, quiet: bool = False) -> Iterator[Report]:
    """A report for `fetch` that shows progress on the standard error stream.

    Nothing appears before the first report, so a cached file stays silent.

    Args:
        name: the model's name, shown in front.
        quiet: show nothing at all.
    """
    if quiet:
        yield _say_nothing
    elif messages().is_terminal:
        with _bar(name) as report:
            yield report
    else:
        yield _lines(name)


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=messages(),
        redirect_stdout=beside_results(),
    )
    # Rich would draw an empty bar at once; it is started by the first report.
    task = bar.add_task(name, start=False, total=None)

    def report(received: int, total: int | None) -> None:
        if not bar.live.is_started:
            # Bytes of an earlier run must not count into this run's speed.
            bar.reset(task, completed=received, total=total)
            bar.start()
        bar.update(task, completed=received, total=total)

    try:
        yield report
    finally:
        bar.stop()


def _lines(name: str) -> Report:
    shown = float("-inf")

    def report(received: int, total: int | None) -> None:
        nonlocal shown
        now = time.monotonic()
        if received == total or now - shown >= LINE_SECONDS:
            shown = now
            of_total = f" of {total / 1e6:.1f}" if total else ""
            click.echo(f"{name}: {received / 1e6:.1f}{of_total} MB downloaded", err=True)

    return report


def _say_nothing(received: int, total: int | None) -> None:
    pass
