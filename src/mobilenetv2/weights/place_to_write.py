"""Whether a file can be written, asked before the work that makes it."""

import errno
import os
from pathlib import Path

from mobilenetv2.weights.leftovers import temporary_prefix

_ANY_NAME = "any file that is not there"


def check_place(path: Path) -> None:
    """Refuse a place that cannot take a file, and leave nothing there.

    Folders that are missing may be made; devices and pipes take what they are given. Permissions
    are tried, as network disks and Windows say one thing and do another.

    Raises:
        OSError: a folder or a read-only file is in the place, or its folder refuses files.
    """
    # Reading a checkpoint must not wait for what only writing needs.
    import tempfile

    if path.is_dir():
        raise _refused(errno.EISDIR, path)
    if path.exists() and not os.access(path, os.W_OK):
        raise _refused(errno.EACCES, path)
    if path.exists() and not path.is_file():
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise _refused(errno.ENOTDIR, folder)
    with tempfile.TemporaryFile(dir=folder, prefix=temporary_prefix(path)):
        pass


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot take new files; one that is missing may be made.

    Raises:
        OSError: it cannot.
    """
    check_place(folder / _ANY_NAME)


def _refused(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
