"""Tars of samples, the same bytes for the same samples: whole under their name, or not there."""

import os
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.archive import BLOCK

PART = ".part"
"""Behind the name of a shard in the making; nothing takes such a file for a shard."""

_RECORD = 20 * BLOCK
"""A tar's length is a multiple of it, as tar itself writes."""


def write_shard(path: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write files, (name in the tar, content), and put the tar in its place once it is on the disk.

    Nothing but names and contents is written: no time, no owner.

    Returns:
        Its bytes.

    Raises:
        DatasetError: the disk refuses.
    """
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            for name, content in files:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                file.write(entry.tobuf(tarfile.PAX_FORMAT, errors="surrogateescape"))
                file.write(content)
                file.write(b"\0" * (-len(content) % BLOCK))
            file.write(b"\0" * (2 * BLOCK))
            file.write(b"\0" * (-file.tell() % _RECORD))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(path)
    except OSError as error:
        raise DatasetError(
            f"cannot write {path}: {error.strerror or error}. Shards that are done stay: free some "
            "space and run the same command again"
        ) from error
    finally:
        # Half a shard is written anew anyway, and may be what fills the disk.
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return size
