"""An index of shards: the one that was kept, or made by one pass over what is new."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.index import Index, Shard, joined, load
from mobilenetv2.shards.names import find_shards
from mobilenetv2.shards.place import Mark, is_url, mark
from mobilenetv2.shards.rows import Rows, rows_of
from mobilenetv2.user_cache import cache_folder

Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""From what is done and how often to what is called each time."""

SAVE_EVERY_SECONDS = 60.0
"""What was looked through so far is kept that often: a pass over a store may take an hour."""

AT_ONCE = 8
"""Shards that are looked through beside each other: a disk or a store is waited for, not the
processor."""

LONGEST_WAIT = 6 * 3600.0
"""For another process that looks through the same shards."""


def nobody(what: str, total: int) -> AbstractContextManager[Callable[[], None]]:  # noqa: ARG001
    """No bar."""
    return nullcontext(lambda: None)


def open_index(data: str | os.PathLike[str], progress: Progress = nobody) -> Index:
    """`index_of` the shards that `data` means, as `names.find_shards` has it.

    Raises:
        DatasetError: no shard, and as `index_of`.
    """
    return index_of(find_shards(data), progress)


def index_of(names: Sequence[str], progress: Progress = nobody) -> Index:
    """Every sample of these shards.

    The index is kept beside the shards, or in the user's cache where that cannot be written to; it
    holds for the same names, sizes and times of change. Of shards that are new or have changed,
    these alone are looked through. A damaged index is made anew.

    Args:
        names: paths or URLs, at least one.
        progress: told of the shards that are looked through.

    Raises:
        DatasetError: one that is not there or damaged (its message names it), or no picture in any.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        marks = dict(zip(names, pool.map(mark, names), strict=True))
    index = next(filter(None, (_kept(path, marks) for path in places(names))), None)
    if index is None:
        index = _made(marks, progress)
    if not len(index):
        many = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise DatasetError(
            f"{names[0]}{many}: shards must hold at least one picture (KEY.jpg), got none"
        )
    return index


def places(names: Sequence[str]) -> list[Path]:
    """Where the index of these shards may lie, the first that can be written to is taken."""
    digest = hashlib.sha256("\n".join(sorted(map(_located, names))).encode("utf-8", "replace"))
    file = f".mobilenetv2-{digest.hexdigest()[:16]}.index"
    cached = cache_folder() / "shards" / file
    return [cached] if is_url(names[0]) else [Path(names[0]).parent / file, cached]


def _located(name: str) -> str:
    # By its name alone within one folder: the whole of it may be mounted elsewhere.
    return name if is_url(name) else os.path.basename(name)  # noqa: PTH119


def _kept(path: Path, marks: Mapping[str, Mark]) -> Index | None:
    """The index in a file, if it is one of these very shards."""
    try:
        index = load(path)
    except (OSError, ValueError):
        return None
    return index if [(s.name, s.mark) for s in index.shards] == list(marks.items()) else None


def _made(marks: Mapping[str, Mark], progress: Progress) -> Index:
    """One pass over what no index knows; of several processes one makes it, the others wait."""
    paths = places(tuple(marks))
    with ExitStack() as stack:
        path = next((path for path in paths if _locked(path, stack)), None)
        if path is None:
            return _looked_through(marks, {}, None, progress)
        # Another process may have made it meanwhile.
        index = _kept(path, marks)
        if index is not None:
            return index
        known: dict[tuple[str, Mark], Rows] = {}
        with suppress(OSError, ValueError):
            known = load(path).known()
        index = _looked_through(marks, known, path, progress)
        with suppress(OSError):
            index.save(path)
            return load(path)
        return index


def _locked(path: Path, stack: ExitStack) -> bool:
    """Hold the right to write an index until the stack ends; False where nobody may."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            return False
        stack.enter_context(FileLock(path.with_suffix(".lock"), timeout=LONGEST_WAIT))
    except (OSError, NotImplementedError, Timeout):
        return False
    return True


def _looked_through(
    marks: Mapping[str, Mark],
    known: Mapping[tuple[str, Mark], Rows],
    path: Path | None,
    progress: Progress,
) -> Index:
    found: list[tuple[Shard, Rows]] = []
    new = [name for name, version in marks.items() if (name, version) not in known]
    saved = monotonic()

    def keep() -> None:
        if path is not None:
            with suppress(OSError):
                joined(found).save(path)

    with (
        progress("Looking through shards", len(new)) as advance,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        coming = pool.map(rows_of, new)
        try:
            for name, version in marks.items():
                rows = known.get((name, version))
                if rows is None:
                    rows = next(coming)
                    advance()
                found.append((Shard(name, version, rows.notes), rows))
                if monotonic() - saved > SAVE_EVERY_SECONDS:
                    keep()
                    saved = monotonic()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            keep()
            raise
    return joined(found)
