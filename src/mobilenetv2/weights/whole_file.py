"""A file that is written in one go is there whole, or as it was before."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a temporary file beside `path` and put it in its place; a link's target is replaced.

    What is no file, such as /dev/stdout or a pipe, is written to as it is.

    Args:
        path: in a folder that exists.
        content: text becomes UTF-8, its line breaks as they are.

    Raises:
        OSError: the disk refuses; nothing is left of the attempt.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()
    clear_leftovers(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
    temporary = Path(name)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a handle
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner alone; these are ordinary ones.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
