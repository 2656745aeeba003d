"""Files that are there whole or not at all, whatever ends the program that writes them."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mobilenetv2.errors import JobError
from mobilenetv2.weights.leftovers import OLD_SECONDS, is_old, temporary_prefix

_TORN = re.compile(r"\.(part-\d{6,}\.\w+|manifest\.json|done\.json)\.[a-z0-9_]{8}")


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file, in the place of an old one where there is one.

    Raises:
        JobError: the disk refuses; what was there before stays.
    """
    with _filled(path, content) as temporary:
        temporary.replace(path)


def create_whole(path: Path, content: bytes) -> None:
    """Write a file where there is none; one that another machine writes meanwhile stays.

    Raises:
        JobError: the disk refuses.
    """
    with _filled(path, content) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        # Not every file system has links. Whoever reads it afterwards finds the last one's.
        except OSError:
            temporary.replace(path)


@contextmanager
def _filled(path: Path, content: bytes) -> Iterator[Path]:
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
        temporary = Path(name)
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner alone; these are ordinary ones.
        temporary.chmod(0o644)
        yield temporary
    except OSError as error:
        raise JobError(
            f"cannot write {path}: {error.strerror or error}. The parts that are there are whole: "
            "free some space, or see that the folder can be written, and run the same command again"
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def clear_torn(folder: Path) -> None:
    """Remove what killed writers left in a folder of results, once nobody can still be at it."""
    with suppress(OSError):
        for found in folder.iterdir():
            if _TORN.fullmatch(found.name) and is_old(found, OLD_SECONDS):
                found.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Have no file there.

    Raises:
        JobError: the disk refuses.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise JobError(f"cannot remove {path}: {error.strerror or error}") from error
