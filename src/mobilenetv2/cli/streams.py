"""stdout and stderr as the shell gives them: full, closed, or of few letters."""

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

TERMINATED = 143
"""The shell's own number for a program that SIGTERM ended."""

PIPE_CLOSED = 141
"""The shell's own number for a program that a closed pipe ended."""


def open_closed_streams() -> None:
    """Have what goes to a stdout or stderr that was closed (`>&-`, daemons) go nowhere.

    Left closed, the next file that is opened would have their number, and get what libraries print.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))


def write_any_text() -> None:
    """Let a terminal without a letter show its number instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def told_of_full_streams() -> Iterator[None]:
    """A stdout that takes no more ends the program with a word and a status, at its last line too.

    Python itself would print a traceback, or "Exception ignored" after everything else.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None:
            raise
        _forget_stdout()
        if error.errno == errno.EPIPE:
            sys.exit(PIPE_CLOSED)
        with suppress(OSError):
            click.echo(f"Error: cannot write the results: {error.strerror or error}", err=True)
        sys.exit(1)


def _forget_stdout() -> None:
    """Have what is left in the buffer go nowhere when the interpreter ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Within, SIGTERM ends things as Ctrl-C does: a KeyboardInterrupt, which says "SIGTERM".

    Batch systems, containers and `timeout` send it. Outside the main thread nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt("SIGTERM")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP end a command with their status once it has cleared up.

    By themselves they leave half-written files behind. What ignores them, as `nohup` does, goes on
    ignoring them; outside the main thread nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: object) -> None:
        # Not through Python's stream, in whose middle the signal may have come.
        with suppress(OSError):
            os.write(2, f"Ended by {signal.Signals(number).name}.\n".encode())
        sys.exit(128 + number)

    kinds = [kind for name in ("SIGTERM", "SIGHUP") if (kind := getattr(signal, name, None))]
    caught = [kind for kind in kinds if signal.getsignal(kind) is signal.SIG_DFL]
    for kind in caught:
        signal.signal(kind, stop)
    try:
        yield
    finally:
        for kind in caught:
            signal.signal(kind, signal.SIG_DFL)
