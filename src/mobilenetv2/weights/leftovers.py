"""What a killed program leaves beside the files it was writing, and how the next one clears it."""

import re
import time
from contextlib import suppress
from pathlib import Path

OLD_SECONDS = 600.0
"""Nobody pauses that long while writing: the largest file here is written within seconds."""

_LONGEST = 100
"""Letters of the file's own name, so that the temporary one is not too long where it is not."""


def temporary_prefix(path: Path) -> str:
    """How the names of temporary files beside `path` begin; eight letters of `tempfile` follow."""
    return f".{path.name[:_LONGEST]}."


def clear_leftovers(path: Path) -> None:
    """Remove temporary files and folders of writers of `path` that were killed.

    Only what this package names so and nobody has touched for `OLD_SECONDS`; a disk that refuses
    is no reason to fail.
    """
    name = re.compile(re.escape(temporary_prefix(path)) + "[a-z0-9_]{8}")
    with suppress(OSError):
        for found in path.parent.iterdir():
            if name.fullmatch(found.name) and is_old(found, OLD_SECONDS):
                if found.is_dir() and not found.is_symlink():
                    import shutil  # with bz2 and lzma, which no start should wait for

                    shutil.rmtree(found, ignore_errors=True)
                else:
                    found.unlink(missing_ok=True)


def is_old(path: Path, seconds: float) -> bool:
    """Whether nobody has written to a file for so long; no for one that is gone."""
    with suppress(OSError):
        return time.time() - path.lstat().st_mtime > seconds
    return False
