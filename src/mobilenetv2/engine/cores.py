"""How many cores there are to work on. Light: a program that labels one picture waits for it."""

import os

_SHARE_V2 = "/sys/fs/cgroup/cpu.max"
_SHARES_V1 = ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def cores() -> int:
    """Cores that this process may use at once, at least 1.

    What it is held on (`taskset`) and a container's share of processor time both count: threads
    beyond such a share are stopped in turn, and one that others wait for stops them all.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    there = len(affinity(0)) if affinity else os.cpu_count() or 1
    share = read_share(_words(_SHARE_V2) or _words(*_SHARES_V1))
    return there if share is None else max(1, min(there, share))


def read_share(words: list[str]) -> int | None:
    """Whole cores that a control group's quota and period make; None where there is no limit.

    Args:
        words: microseconds that may be used, "max" or -1 for all; and in how many.
    """
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        return None
    quota, period = map(int, words)
    return max(1, round(quota / period)) if quota and period else None


def _words(*paths: str) -> list[str]:
    found: list[str] = []
    for path in paths:
        try:
            with open(path, encoding="ascii") as file:  # noqa: PTH123 - see `library`
                found += file.read().split()
        except (OSError, ValueError):
            return []
    return found
