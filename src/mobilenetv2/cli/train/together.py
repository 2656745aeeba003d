"""A run of several processes, on the command line: --processes starts them, one has a voice."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from time import sleep

import click

from mobilenetv2.cli import INTERRUPTED
from mobilenetv2.cli.console import note
from mobilenetv2.errors import MobileNetV2Error
from mobilenetv2.train.launched import PeerLostError, launched, under_torchrun

ARGUMENTS = "mobilenetv2.cli.train.arguments"
"""Under which a context keeps what came after `mobilenetv2 train`."""

AFTER_THE_FIRST_SECONDS = 10.0
"""By how much one process may be behind another that meets the same error."""

AFTER_ALL_SECONDS = 20.0


def start_processes(number: int | None, dry_run: bool) -> int | None:
    """Run the command in so many processes, if more than one are asked for and not yet here.

    Returns:
        The exit status of the run; None: this process is to do it.

    Raises:
        UsageError: a launcher has started another number of them.
    """
    here = launched()
    if number is None or dry_run:
        return None
    if under_torchrun() or not here.alone:
        if here.local.number != number:
            raise click.UsageError(
                f"--processes must be what torchrun has started on this machine, "
                f"{here.local.number}, got {number}; leave it out under torchrun"
            )
        return None
    if number == 1:
        return None
    from mobilenetv2.train.launch import launch

    arguments: tuple[str, ...] = click.get_current_context().meta[ARGUMENTS]
    status = launch(number, ("train", *arguments), note)
    return INTERRUPTED if status is None else status


@contextmanager
def one_voice() -> Iterator[None]:
    """Within, of several processes the first alone is heard; of another one what ended it, if that
    is not what ended the first.

    Whoever ends first is followed by the launcher's signal to all others: a process that waits with
    its word says it only if it was the only one to have it.
    """
    here = launched()
    if here.alone:
        yield
        return
    try:
        if here.first:
            yield
        else:
            with _silence():
                yield
    except (MobileNetV2Error, click.ClickException) as error:
        sleep(_seconds(error, here.first))
        if here.first:
            raise
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        rank, number = here.share.rank, here.share.number
        raise click.ClickException(
            f"process {rank} (of {number}, from 0) on {socket.gethostname()}: {text}"
        ) from error


def _seconds(error: Exception, first: bool) -> float:
    if isinstance(error, PeerLostError):
        return AFTER_ALL_SECONDS
    return 0.0 if first else AFTER_THE_FIRST_SECONDS


@contextmanager
def _silence() -> Iterator[None]:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield
