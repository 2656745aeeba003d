"""How long to wait for a silent server, how often to ask again, and when slow is too slow."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may differ a second later; any other refusal stands."""


class Progress(Protocol):
    """Told how much has arrived, from 0 or from where an earlier run stopped."""

    def __call__(self, received: int, total: int | None, /) -> None:
        """Bytes so far, and bytes in the end where the server says."""


class TransferError(Exception):
    """Worth another attempt; whoever asked says in the end what could not be had."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a silent server and how often to ask again."""

    timeout: float = 20.0
    """Seconds without a single byte."""
    attempts: int = 4
    pause: float = 0.5
    """Seconds before the second attempt; doubles each time."""
    slowest: float = 4000.0
    """Bytes a second, over `window`, below which a server counts as silent: each byte resets the
    timeout, so that one byte every ten seconds would keep us for years."""
    window: float = 30.0
    """Seconds. An answer's head must be whole within as many."""

    def tries(self) -> Iterator[int]:
        """0, 1, ... up to the last attempt, each after its pause."""
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            yield attempt


@dataclass(slots=True)
class Pace:
    """Passes progress on, and leaves a server that sends, but next to nothing."""

    progress: Progress
    patience: Patience
    _since: float = field(default_factory=time.monotonic)
    _from: int | None = None

    def __call__(self, received: int, total: int | None) -> None:
        """So many bytes are there.

        Raises:
            TransferError: fewer than `Patience.slowest` a second came.
        """
        self.progress(received, total)
        passed = time.monotonic() - self._since
        if self._from is None:
            self._since, self._from = time.monotonic(), received
        elif passed > self.patience.window:
            if received - self._from < self.patience.slowest * passed:
                raise TransferError(
                    f"the server sends less than {self.patience.slowest:,.0f} bytes a second"
                )
            self._since, self._from = time.monotonic(), received
