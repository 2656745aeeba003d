"""What a figure was measured on: without it nobody can compare."""

import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

TELLING_FLAGS = (
    "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8",
    "asimd", "asimddp", "i8mm",
)  # fmt: skip
"""What decides which kernels an engine picks."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Processor, software, date."""

    processor: str
    flags: tuple[str, ...]
    """Those of `TELLING_FLAGS` that it has; empty where the system does not say."""
    cores: int
    """That this process may use."""
    system: str
    python: str
    numpy: str
    mobilenetv2: str
    date: str
    """UTC, ISO 8601."""
    load: float
    """Processes that wanted to run in the last minute, before the first engine started."""


def describe_machine() -> Machine:
    """The machine, now."""
    processor, flags = _processor()
    return Machine(
        processor=processor,
        flags=tuple(flag for flag in TELLING_FLAGS if flag in flags),
        cores=len(available_cpus()) or os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        numpy=np.__version__,
        mobilenetv2=version("mobilenetv2"),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
    )


def command_line() -> str:
    """What was typed, for a report to say how its figures were made."""
    return " ".join(["mobilenetv2", *sys.argv[1:]])


def available_cpus() -> tuple[int, ...]:
    """The processors this process may run on; empty where the system does not say."""
    if not hasattr(os, "sched_getaffinity"):
        return ()
    return tuple(sorted(os.sched_getaffinity(0)))


def cpus_for(threads: int) -> tuple[int, ...]:
    """Where to hold an engine: the last processors, as the first serve the system's interrupts.

    Empty where all are needed, or where the system does not let us choose.
    """
    available = available_cpus()
    return available[-threads:] if 0 < threads < len(available) else ()


def _processor() -> tuple[str, frozenset[str]]:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine(), frozenset()
    lines = [line.partition(":") for line in text.split("\n\n")[0].splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in lines}
    flags = facts.get("flags") or facts.get("Features") or ""
    name = facts.get("model name") or platform.processor() or platform.machine()
    return name, frozenset(flags.split())
