"""A reader in a process that reads one input after another, and another one once it has died.

`confined` starts a process for every file, and even a fork of a process with torch in it takes
20 ms, most of it for pages that the child touches.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from mobilenetv2.errors import CheckpointError

PATIENCE = 3.0
"""Seconds that an input may take, where the reader itself ends a process of one input."""
INPUTS = 1000
"""Of one process: what C code leaks or breaks shall not reach the next thousand."""


class Worker:
    """Reads in a child; whatever happens there refuses the input."""

    def __init__(self, limit: Callable[[], None], read: Callable[[bytes], object]) -> None:
        self._limit = limit
        self._read = read
        self._child: tuple[multiprocessing.process.BaseProcess, Connection] | None = None
        self._left = 0

    def __call__(self, data: bytes, _: Path) -> None:
        """Have an input read.

        Raises:
            CheckpointError: an exception, a limit or a crash ended it.
        """
        accepted = False
        try:
            connection = self._connection()
            connection.send_bytes(data)
            if connection.poll(PATIENCE):
                accepted = bool(connection.recv())
            else:
                self._end()
        except (EOFError, OSError):
            self._end()
        except BaseException:  # the fuzzer's alarm
            self._end()
            raise
        if not accepted:
            raise CheckpointError("refused")

    def _connection(self) -> Connection:
        if self._left == 0:
            self._end()
        if self._child is None:
            context = multiprocessing.get_context("fork")
            ours, theirs = context.Pipe()
            process = context.Process(target=self._work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._child, self._left = (process, ours), INPUTS
        self._left -= 1
        return self._child[1]

    def _end(self) -> None:
        if self._child is not None:
            process, connection = self._child
            process.kill()
            process.join()
            connection.close()
        self._child = None

    def _work(self, connection: Connection) -> None:
        self._limit()
        with suppress(EOFError):
            while True:
                data = connection.recv_bytes()
                accepted = False
                with suppress(Exception):
                    self._read(data)
                    accepted = True
                connection.send(accepted)
