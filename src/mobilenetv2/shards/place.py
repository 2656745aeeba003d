"""Where a shard lies: a file, or whatever fsspec opens (s3://, gs://, ...)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobilenetv2.errors import DatasetError, MissingDependencyError
from mobilenetv2.reading import first_line, require_file
from mobilenetv2.transfer.patience import Patience

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BITTEN = re.compile(r"([a-z][a-z0-9+.-]+):/(?=[^/])", re.IGNORECASE)
"""A URL of which `Path` has eaten a slash; one letter before the colon is a drive."""

PATIENCE = Patience()
"""With a store that answers with an error: four attempts within seconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A shard that is looked through."""

    size: int
    read_at: Callable[[int, int], bytes]
    """`offset`, `size` to bytes; fewer at the end."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a shard is known again without reading it."""

    size: int
    version: str
    """The time of its last change, or what the store calls this content."""


def is_url(name: str) -> bool:
    """Whether a name is opened by fsspec."""
    return _URL.match(name) is not None


def as_written(data: str | os.PathLike[str]) -> str:
    """A path or URL as text; `Path("s3://a/b")` has lost a slash, which comes back."""
    name = os.fspath(data)
    if isinstance(data, str) or is_url(name) or os.path.exists(name):
        return name
    slashes = ":///" if name.startswith("file:") else "://"
    return _BITTEN.sub(rf"\1{slashes}", name, count=1) if _BITTEN.match(name) else name


def file_system(url: str) -> tuple[AbstractFileSystem, str]:
    """Fsspec's file system for a URL, and the path in it; made anew in a forked process.

    Raises:
        MissingDependencyError: fsspec is not there.
        DatasetError: fsspec knows no such place, or lacks a library for it.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingDependencyError("fsspec", "remote", f"reading {url}") from error
    try:
        found: tuple[AbstractFileSystem, str] = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise DatasetError(
            f"{url} cannot be opened: {first_line(error)}{_way_out(error)}"
        ) from error
    return found


def _way_out(error: Exception) -> str:
    """The command that installs the package of a kind of store, where that is what is missing."""
    cause = error.__cause__
    return f" (pip install {cause.name})" if isinstance(cause, ModuleNotFoundError) else ""


def mark(name: str) -> Mark:
    """What a shard is known by.

    Raises:
        DatasetError: missing, or no regular file.
    """
    if not is_url(name):
        require_file(name, DatasetError)
        status = os.stat(name)  # noqa: PTH116 - a name, as all of the room has them
        return Mark(status.st_size, str(status.st_mtime_ns))
    with _asking(name):
        system, path = file_system(name)
        return Mark(int(system.size(path) or 0), str(system.ukey(path)))


def read_at(name: str, offset: int, size: int) -> bytes:
    """Bytes of a shard; fewer at its end.

    Opened for each read: an open file would be one more thing that processes share, and opening
    costs a hundredth of decoding a picture.

    Raises:
        OSError: it cannot be read.
        DatasetError: nor can what a URL names, after several attempts.
    """
    if not is_url(name):
        with open(name, "rb", buffering=0) as file:  # noqa: PTH123
            file.seek(offset)
            return _whole(file.read, size)
    failure: Exception | None = None
    for _ in PATIENCE.tries():
        system, path = file_system(name)
        try:
            return bytes(system.cat_file(path, start=offset, end=offset + size))
        # Stores raise types of their own for what may have passed a second later.
        except Exception as error:  # noqa: BLE001
            failure = error
    raise DatasetError(f"cannot read {name}: {first_line(failure or Exception())}") from failure


@contextmanager
def opened(name: str) -> Iterator[Opened]:
    """A shard to look through from its beginning.

    Raises:
        DatasetError: it cannot be read.
    """
    if not is_url(name):
        require_file(name, DatasetError)
    with _asking(name):
        if is_url(name):
            system, path = file_system(name)
            file, size = system.open(path, "rb"), int(system.size(path) or 0)
        else:
            file = open(name, "rb", buffering=0)  # noqa: PTH123, SIM115
            size = os.fstat(file.fileno()).st_size
        with file:

            def read(offset: int, size: int) -> bytes:
                file.seek(offset)
                return _whole(file.read, size)

            yield Opened(size, read)


def _whole(read: Callable[[int], bytes | None], size: int) -> bytes:
    """As many bytes as were asked for; one call may give fewer, from 2 GiB on it does."""
    parts: list[bytes] = []
    while size > 0:
        part = read(size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


@contextmanager
def _asking(name: str) -> Iterator[None]:
    """What a disk or a store answers becomes an error of ours with the shard's name."""
    try:
        yield
    except (DatasetError, MissingDependencyError):
        raise
    except FileNotFoundError as error:
        raise DatasetError(f"{name}: no such shard") from error
    except OSError as error:
        raise DatasetError(f"cannot read {name}: {error.strerror or first_line(error)}") from error
