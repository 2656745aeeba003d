"""What a reader under test is: a function of bytes and of a folder for what needs a file."""

from collections.abc import Callable
from pathlib import Path

Read = Callable[[bytes, Path], object]


def file_of(folder: Path, name: str, data: bytes) -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(data)
    return path
