"""Names for the files of a run, none of them twice, and a word where the disk refuses one."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobilenetv2.errors import ImageError
from mobilenetv2.weights.place_to_write import check_folder

LONGEST_STEM = 200
"""Bytes. File systems have names of up to 255; the rest is for a number and an ending."""

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
"""Letters that some file system refuses, or reads as a way into another folder."""


class FreeNames:
    """Stems for files in one folder: the second `cup` becomes `cup-2`."""

    def __init__(self) -> None:
        """Nothing is taken."""
        self._taken: set[str] = set()

    def of(self, stem: str) -> str:
        """The stem, cut short where it would be too long, with a number where it is taken."""
        stem = _cut(stem)
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}-{number}", number + 1
        self._taken.add(name)
        return name


def label_folder(label: str) -> str:
    """A label as a folder's name: letters that no file may have become "_"; a long one is cut."""
    plain = _cut(_NOT_IN_NAMES.sub("_", label).strip(" .")).strip(" .")
    return plain or "_"


def _cut(name: str) -> str:
    encoded = os.fsencode(name)
    if len(encoded) <= LONGEST_STEM:  # in bytes, as file systems count
        return name
    # Half a letter at the cut is dropped.
    return encoded[:LONGEST_STEM].decode(sys.getfilesystemencoding(), "ignore")


def make_folder(folder: Path) -> Path:
    """Have a folder there that takes files.

    Raises:
        ImageError: it cannot be made, or takes none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"cannot make the folder {folder}: {error.strerror}") from error
    with writing(folder):
        check_folder(folder)
    return folder


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """What the disk refuses becomes an error that names the file.

    Raises:
        ImageError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ImageError(f"cannot write {target}: {error.strerror or error}") from error
