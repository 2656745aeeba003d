"""Starts a run's processes on this machine by torch's elastic launcher, and starts them again."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

RESTARTS = 3
"""In a row: what kills a run four times at one place kills it the fifth time as well."""

STEADY_SECONDS = 600.0
"""A run that went well for so long has all its restarts before it again."""

SECONDS_TO_SAVE = 300
"""Between a signal to stop and the end by force. Torch's own 30 an evaluation may take."""


def launch(number: int, arguments: Sequence[str], say: Callable[[str], None]) -> int | None:
    """Run `mobilenetv2 ARGUMENTS` in so many processes until they are done.

    When one is killed all begin again from what was saved. One that ends by itself, with a word on
    what is wrong, ends the run.

    Args:
        number: of processes.
        arguments: of each; their environment tells them apart.
        say: hears of what was killed.

    Returns:
        The exit status; None after a signal, when the processes have saved and said so.
    """
    _prepare(number)
    left = RESTARTS
    while True:
        began = monotonic()
        status, killed_by = _run(number, arguments)
        if killed_by is None:
            return status
        left = RESTARTS if monotonic() - began > STEADY_SECONDS else left
        if not left:
            say(
                f"a process was {killed_by} again, after {RESTARTS} fresh starts in a row: given up"
            )
            return status
        left -= 1
        say(f"a process was {killed_by}; all {number} begin again from what was saved")


def _prepare(number: int) -> None:
    """What processes inherit, where nobody has said otherwise; and torch's silence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (cores or 1) // number)))
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", str(SECONDS_TO_SAVE))
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)


def _run(number: int, arguments: Sequence[str]) -> tuple[int | None, str | None]:
    """The exit status, as above, and what killed one of them if that is why they ended."""
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=number, max_restarts=0, monitor_interval=0.1,
        rdzv_backend="c10d", rdzv_endpoint="localhost:0", run_id=f"mobilenetv2-{os.getpid()}",
    )  # fmt: skip
    try:
        elastic_launch(config, sys.executable)("-m", "mobilenetv2", *arguments)
    except ChildFailedError as failed:
        codes = {rank: failure.exitcode for rank, failure in failed.failures.items()}
        return max(1, *codes.values()), _killed(codes)
    except SignalException:
        return None, None
    return 0, None


def _killed(codes: Mapping[int, int]) -> str | None:
    """In words, where a process did not end by itself; the others have then lost it.

    SIGTERM is what torch ends the others with, once one has said what is wrong.
    """
    for code in codes.values():
        if code < 0 and code != -signal.SIGTERM:
            return f"killed ({signal.Signals(-code).name})"
    return None
