"""Processes that decode pictures: they leave signals to the parent, and are missed once dead."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from mobilenetv2.errors import TrainingError

LATEST_SECONDS = 2.0
"""Between the end of a connection and the system's word of a death; milliseconds as a rule."""


def leave_signals_to_the_parent(_: int) -> None:
    """What a process that decodes does first.

    Ctrl-C reaches every process of a terminal, and a batch system's SIGTERM every process of a
    job. The run is saved by the parent, whose last step a dead worker would break; so a worker
    ends by SIGTERM only where the parent itself sends it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Only this call tells who has sent a signal; macOS and Windows have not got it.
    if hasattr(signal, "sigwaitinfo"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=_end_when_the_parent_says_so, daemon=True).start()


def is_worker_death(error: RuntimeError) -> bool:
    """Whether torch tells of a process that decodes and is no more; it does so wherever it is."""
    return "DataLoader worker" in str(error)


@contextmanager
def deaths_told() -> Iterator[None]:
    """Within, a process that decodes and is killed ends the run with a clear word.

    Raises:
        TrainingError: one was killed.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_worker_death(error):
            raise
        raise _killed(error) from error
    # Cut off in the middle of a batch, a dead worker shows as the end of its connection.
    except (EOFError, ConnectionError) as error:
        raise _killed(_late_word() or error) from error


def _killed(error: Exception) -> TrainingError:
    return TrainingError(
        "a process that decodes pictures was killed, perhaps for want of memory: "
        f"{str(error).strip() or type(error).__name__} What was saved before is intact: run the "
        "same command again, with fewer --workers if it happens again"
    )


def _late_word() -> RuntimeError | None:
    """What torch raises when the system reports the death, wherever it is then: so, here."""
    try:
        sleep(LATEST_SECONDS)
    except RuntimeError as error:
        return error
    return None


def _end_when_the_parent_says_so() -> None:
    while True:
        if signal.sigwaitinfo({signal.SIGTERM}).si_pid == os.getppid():
            os._exit(0)
