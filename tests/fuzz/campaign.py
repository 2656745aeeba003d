"""One reader, many damaged inputs: counted, timed, and limited in memory."""

import random
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from mobilenetv2.errors import MobileNetV2Error
from mobilenetv2.reading import UNEXPECTED
from tests.fuzz.targets import Target

SECONDS = 5.0
"""Of processor time, that one input may take."""
WAITED = 60.0
"""Seconds that one may take in all: so long a reader that waits for something does not go on, and
one on a busy machine does."""
MEMORY = 1 << 30
"""Bytes that a reader may take beside what the process has."""


class TooLongError(BaseException):
    """An input took more than `SECONDS`; no reader catches it."""


@dataclass
class Tally:
    """What came of the inputs."""

    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: dict[str, int] = field(default_factory=dict)
    """What was raised, once a kind, and the first input's number that raised it."""


def damaged_input(name: str, target: Target, number: int, seeds: list[bytes]) -> bytes:
    """The input of that number: the same on every machine and in every run."""
    dice = random.Random(f"{name} {number}")
    return target.mutate(dice.choice(seeds), dice, seeds)


def campaign(name: str, target: Target, numbers: Iterator[int], folder: Path) -> Iterator[Tally]:
    """Go through the inputs of these numbers; yields the tally after each."""
    tally = Tally()
    warnings.simplefilter("ignore")
    # An honest one first: what is imported on the way counts for nobody.
    seeds = list(target.seeds())
    target.read(seeds[0], folder)
    with _limited_memory(), _alarm():
        for number in numbers:
            data = damaged_input(name, target, number, seeds)
            begin = time.perf_counter()
            found = _outcome(target, data, folder)
            passed = time.perf_counter() - begin
            tally.inputs += 1
            tally.seconds += passed
            tally.slowest = max(tally.slowest, passed)
            tally.accepted += found == "accepted"
            if found not in ("accepted", "refused"):
                tally.findings.setdefault(found, number)
            yield tally


def _outcome(target: Target, data: bytes, folder: Path) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAITED)
    try:
        target.read(data, folder)
    except MobileNetV2Error as error:
        if UNEXPECTED not in str(error):
            return "refused"
        return _kind(error.__cause__ or error)
    except TooLongError:
        return f"more than {SECONDS} s"
    # Whatever it is, it is what is looked for.
    except Exception as error:
        return _kind(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "accepted"


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__} at {_place(error)}"


def _place(error: BaseException) -> str:
    last = error.__traceback__
    places = []
    while last is not None:
        places.append(f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}")
        last = last.tb_next
    return " < ".join(reversed(places[-3:]))


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = [(one, signal.signal(one, ring)) for one in (signal.SIGALRM, signal.SIGPROF)]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """More than `MEMORY` beside what the process has now becomes a MemoryError."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    held = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
