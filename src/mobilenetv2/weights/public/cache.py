"""The user's cache folder: where one public file lies, its hash, and a disk that refuses."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import IO

from mobilenetv2.errors import DownloadError
from mobilenetv2.user_cache import CACHE_VARIABLE
from mobilenetv2.user_cache import cache_folder as cache_folder
from mobilenetv2.weights.leftovers import is_old

FORGOTTEN_SECONDS = 14 * 24 * 3600.0
"""A part is kept that long for a download to go on with."""

_DIGITS = 64
"""Of a sha256 in hexadecimal."""
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class CacheError(DownloadError):
    """The disk under the cache folder refuses; another server would not help."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One file's place in the cache, with the small files that live beside it."""

    target: Path
    """The checked file; appears whole or not at all."""

    @property
    def part(self) -> Path:
        """What has arrived so far; survives a stopped or killed run."""
        return self._beside(".part")

    @property
    def origin(self) -> Path:
        """Address and ETag of the response that `part` began with, as JSON."""
        return self._beside(".part.json")

    @property
    def lock(self) -> Path:
        """Held by the one process that downloads."""
        return self._beside(".lock")

    @property
    def memory(self) -> Path:
        """The hash seen first, where the catalogue knows none."""
        return self._beside(".sha256")

    def discard_part(self) -> None:
        """Forget what has arrived."""
        self.part.unlink(missing_ok=True)
        self.origin.unlink(missing_ok=True)

    def part_size(self) -> int:
        """Bytes that have arrived in a file of our own."""
        return self.part.lstat().st_size if is_own(self.part) else 0

    def remembered(self) -> str | None:
        """The hash seen first, if any."""
        if not is_own(self.memory):
            return None
        with suppress(OSError), self.memory.open("rb") as file:
            digits = file.read(_DIGITS).decode("ascii", "replace")
            return digits if re.fullmatch(f"[0-9a-f]{{{_DIGITS}}}", digits) else None
        return None

    def remember(self, sha256: str) -> None:
        """Keep a hash for later downloads; a read-only cache is no reason to fail."""
        with suppress(OSError):
            write_own(self.memory, sha256 + "\n")

    def _beside(self, suffix: str) -> Path:
        return self.target.with_name(self.target.name + suffix)


def is_own(path: Path) -> bool:
    """Whether a file is a plain one with this name only: what a link leads to is not ours."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return S_ISREG(status.st_mode) and status.st_nlink == 1


def open_own(path: Path) -> IO[bytes]:
    """A file to append to, made anew if it is not there; a link is removed, never followed.

    Unbuffered: what has arrived must be on the disk when the process is killed.
    """
    if not is_own(path):
        path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINKS
    return os.fdopen(os.open(path, flags, 0o666), "ab", buffering=0)


def write_own(path: Path, text: str) -> None:
    """A small file, new each time, so that nothing that lay under its name is written through."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS
    with os.fdopen(os.open(path, flags, 0o666), "w", encoding="utf-8", newline="") as file:
        file.write(text)


def clear_old(folder: Path) -> None:
    """Remove parts of downloads that nobody has gone on with for `FORGOTTEN_SECONDS`."""
    with suppress(OSError):
        for found in folder.iterdir():
            if found.name.endswith((".part", ".part.json")) and is_old(found, FORGOTTEN_SECONDS):
                found.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def storing(slot: Slot) -> Iterator[None]:
    """Turn what the disk says into an error that names the rule and the way out.

    Raises:
        CacheError: instead of any OSError of the body.
    """
    try:
        yield
    except DownloadError:
        # Itself an OSError, and already explained.
        raise
    except OSError as error:
        folder = slot.target.parent
        raise CacheError(
            f"the cache folder must be writable and have room: {folder} answers "
            f"'{error.strerror or error}'{_room(folder)}. Free some space there or set "
            f"{CACHE_VARIABLE} to another folder, then run the same command again"
            + (f"; what arrived is kept in {slot.part}" if slot.part_size() else "")
        ) from error


def require_room(slot: Slot, needed: int) -> None:
    """Refuse a download that cannot fit before it fills the disk.

    Raises:
        CacheError: fewer than `needed` bytes are free.
    """
    folder = slot.target.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CacheError(
            f"{slot.target.name} needs {needed:,} more bytes in {folder}, which has {free:,} free. "
            f"Free some space there or set {CACHE_VARIABLE} to another folder, then run the same "
            "command again"
        )


def _room(folder: Path) -> str:
    with suppress(OSError):
        return f" ({shutil.disk_usage(folder).free:,} bytes free)"
    return ""
