"""How much memory may still be taken before a machine or a container runs short."""

from pathlib import Path


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes: what the machine has available; a control group or `ulimit -v` may leave less.

    What the system holds of files and can give back counts as free.

    Args:
        root: of the file system in which Linux tells of it.

    Returns:
        None where no system tells: on macOS and Windows.
    """
    machine = _numbers(root / "proc/meminfo").get("MemAvailable:")
    if machine is None:
        return None
    # Kilobytes there, bytes in the groups.
    return max(0, min([machine * 1024, *_left_by_groups(root), *_left_of_addresses(root)]))


def _left_of_addresses(root: Path) -> list[int]:
    """Where this process may have so many alone: what is reserved counts there, used or not."""
    try:
        limits = (root / "proc/self/limits").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return []
    taken = _numbers(root / "proc/self/status").get("VmSize:", 0) * 1024
    words = [line.split()[3] for line in limits if line.startswith("Max address space")]
    return [int(word) - taken for word in words if word.isdecimal()]


def _left_by_groups(root: Path) -> list[int]:
    """By each group with a limit among those that this process is in, one within the other."""
    try:
        lines = (root / "proc/self/cgroup").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, names = root / "sys/fs/cgroup", ("memory.max", "memory.current")
        elif controllers == "memory":
            mount = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        within = mount / path.strip("/")
        # In a container the path may be the host's: what is not there says nothing, and the mount
        # itself is the container's own group.
        for group in (within, *(above for above in within.parents if above.is_relative_to(mount))):
            found += _left_by(group, *names)
    return found


def _left_by(group: Path, limit: str, usage: str) -> list[int]:
    most, taken = _number(group / limit), _number(group / usage)
    if most is None or taken is None:
        return []
    files = _numbers(group / "memory.stat").get("inactive_file", 0)
    return [most - taken + files]


def _number(file: Path) -> int | None:
    """Without a limit it says "max"."""
    try:
        text = file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdecimal() else None


def _numbers(file: Path) -> dict[str, int]:
    """Lines of a name and a whole number."""
    try:
        words = [line.split()[:2] for line in file.read_text("ascii").splitlines()]
    except (OSError, ValueError):
        return {}
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}
