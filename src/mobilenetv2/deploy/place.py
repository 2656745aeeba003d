"""Files that belong together appear together, or not at all."""

import os
from collections.abc import Sequence
from pathlib import Path

Move = tuple[Path, Path]
"""From where to where, on one disk."""


def place(moves: Sequence[Move], aside: Path) -> None:
    """Put new files in the place of old ones, the main one first in `moves` and last in time.

    No disk replaces two files at once. So the old main file goes before anything else does: who
    looks in between, or after a power cut, finds no pair, but never a pair that does not belong
    together. What goes wrong is undone.

    Args:
        moves: new file and target, one a file.
        aside: an empty folder on the same disk, for the old files.

    Raises:
        OSError: a target cannot be replaced; the old files are as they were.
    """
    for _, target in moves:
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(f"{target} is a folder")
    if len(moves) == 1:
        os.replace(*moves[0])
        return
    undo: list[Move] = []
    try:
        for number, (_, target) in enumerate(moves):
            if target.is_symlink() or target.exists():
                kept = aside / str(number)
                target.rename(kept)
                undo.append((kept, target))
        for source, target in reversed(moves):
            source.rename(target)
            undo.append((target, source))
    # Ctrl-C as well must not leave half of it.
    except BaseException:
        for source, target in reversed(undo):
            source.rename(target)
        raise
