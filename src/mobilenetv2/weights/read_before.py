"""TFLite files that were read before: kept in our own format, which opens in a quarter of the time.

Finding the paper's network in layers of no format takes longer than all else of a start. What
came of it is kept in the user's cache folder, under a name made of the file's content and name and
of the sources that read it. Whatever lies there is read and checked like any of our files; what is
damaged, stale, another's or about another file counts for nothing, and the file itself is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from mobilenetv2.errors import CheckpointError, MobileNetV2Error
from mobilenetv2.weights import store
from mobilenetv2.weights.open import detect, read_foreign

if TYPE_CHECKING:
    from mobilenetv2.weights.checkpoint import Checkpoint
    from mobilenetv2.weights.opened_file import OpenedFile

FOLDER = "read"
"""In the cache folder."""

MOST_BYTES = 200_000_000
"""Of all that is kept: fifty networks in integers. Those used longest ago go first."""

_READERS = ("weights", "weights/tflite", "weights/recognize", "network", "catalog")
"""Rooms whose sources decide what a file is read as."""

_ANYBODY_WRITES = 0o002


def read_checkpoint(file: OpenedFile) -> Checkpoint:
    """The checkpoint in a file of any format, from the cache where it was read before.

    Raises:
        CheckpointError: as `read_foreign`.
    """
    path = Path(file)
    place = _place(file) if os.path.isfile(path) and detect(path) == "tflite" else None  # noqa: PTH113
    if place is None:
        return read_foreign(path).checkpoint
    found = _kept(place)
    if found is None:
        found = read_foreign(path).checkpoint
        _keep(found, place)
    return found


def _place(file: OpenedFile) -> Path | None:
    """Where the file's checkpoint is kept; None for one that is being written to."""
    content = file.sha256()
    if content is None:
        return None
    import hashlib

    from mobilenetv2.user_cache import cache_folder

    name = hashlib.sha256(f"{content} {Path(file).name} {_readers()}".encode()).hexdigest()
    return cache_folder() / FOLDER / f"{name}.safetensors"


def _readers() -> str:
    """What changes with every release, and with every change to what reads."""
    package = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    sources = []
    for room in _READERS:
        with os.scandir(os.path.join(package, room)) as entries:  # noqa: PTH118
            for entry in entries:
                if entry.is_file():
                    status = entry.stat()
                    sources.append((room, entry.name, status.st_size, status.st_mtime_ns))
    return repr(sorted(sources))


def _kept(place: Path) -> Checkpoint | None:
    with suppress(OSError, MobileNetV2Error):
        if _is_ours(place):
            found = store.load(place)
            *history, seal = found.provenance.history or ("",)
            if seal == place.stem:
                os.utime(place)
                return _with_history(found, history)
    return None


def _is_ours(path: Path) -> bool:
    """Whether a file is a plain one that this user alone may have written."""
    status = path.lstat()
    plain = S_ISREG(status.st_mode) and status.st_nlink == 1
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return plain and mine and not status.st_mode & _ANYBODY_WRITES


def _keep(checkpoint: Checkpoint, place: Path) -> None:
    """Write it for the next start; a folder that refuses is no reason to fail."""
    with suppress(OSError, CheckpointError):
        _make_room(place.parent)
        # Sealed with its name: another file's under it is told apart.
        store.save(_with_history(checkpoint, (*checkpoint.provenance.history, place.stem)), place)


def _with_history(checkpoint: Checkpoint, history: Iterable[str]) -> Checkpoint:
    provenance = replace(checkpoint.provenance, history=tuple(history))
    return replace(checkpoint, provenance=provenance)


def _make_room(folder: Path) -> None:
    if not folder.is_dir():
        return
    kept = [path for path in folder.iterdir() if path.suffix == ".safetensors"]
    by_age = sorted((path.lstat().st_mtime_ns, path.lstat().st_size, path) for path in kept)
    total = sum(size for _, size, _ in by_age)
    for _, size, path in by_age:
        if total <= MOST_BYTES:
            break
        path.unlink(missing_ok=True)
        total -= size
