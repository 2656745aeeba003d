"""stdout and stderr as the shell gives them: full, closed, or of few letters."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

PIPE_CLOSED = 141
"""The shell's own number for a program that a closed pipe ended."""


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
