"""Processes that decode pictures: they leave signals to the parent, and are missed once dead."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

from mobilenetv2.errors import MobileNetV2Error, TrainingError
from mobilenetv2.reading import first_line

T = TypeVar("T")

LATEST_SECONDS = 2.0
"""Between the end of a connection and the system's word of a death; milliseconds as a rule."""
BETWEEN_LOOKS_SECONDS = 0.02


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


def word_of_death(error: BaseException) -> RuntimeError | None:
    """What torch tells of a process that decodes and is no more, or None.

    It does so wherever the parent is, in the middle of a file that is read or written included; so
    whoever turned that into an error of their own is seen through.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RuntimeError) and "DataLoader worker" in str(seen):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def telling_of_deaths(work: Callable[[], T]) -> T:
    """Do the work; a process that decodes and is killed ends it with a clear word.

    A function and no context manager: torch's word comes between any two steps of the parent, and
    there is none between this `try` and the next, as there is in the `__exit__` of a manager.

    Raises:
        TrainingError: one was killed.
    """
    try:
        return work()
    except Exception as error:
        try:
            word = _word_behind(error)
        except RuntimeError as late:  # torch's, in the middle of the search
            word = word_of_death(late)
            if word is None:
                raise
        if word is None:
            raise
        raise _killed(word) from error


def _word_behind(error: Exception) -> Exception | None:
    """What tells of a death where this error came from one.

    Cut off in the middle of a batch, a dead worker shows as the end of its connection; one that
    torch tells of inside a foreign library, as whatever that library makes of it.
    """
    word = word_of_death(error)
    if word is not None or isinstance(error, MobileNetV2Error):
        return word
    return _late_word() or (error if isinstance(error, EOFError | ConnectionError) else None)


def _killed(error: Exception) -> TrainingError:
    return TrainingError(
        "a process that decodes pictures was killed, perhaps for want of memory: "
        f"{first_line(error)} What was saved before is intact: run the same command again, with "
        "fewer --workers if it happens again"
    )


def _late_word() -> RuntimeError | None:
    """What torch tells once the system reports the death, wherever the parent is then: so, here.

    It does so once; what has swallowed that leaves a child that nobody has asked after yet.
    """
    latest = monotonic() + LATEST_SECONDS
    while (word := next(_killed_children(), None)) is None and monotonic() < latest:
        sleep(BETWEEN_LOOKS_SECONDS)
    return word


def _killed_children() -> Iterator[RuntimeError]:
    """Of this process, as Linux lists them; one that was asked after is no longer there."""
    lists = [file.read_text("ascii") for file in Path("/proc/self/task").glob("*/children")]
    for number in " ".join(lists).split():
        with suppress(ChildProcessError):
            ended = os.waitid(os.P_PID, int(number), os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None and ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
                yield RuntimeError(f"process {ended.si_pid} ended by signal {ended.si_status}.")


def _end_when_the_parent_says_so() -> None:
    while True:
        if signal.sigwaitinfo({signal.SIGTERM}).si_pid == os.getppid():
            os._exit(0)
