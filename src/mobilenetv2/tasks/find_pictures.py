"""Which files below a folder are pictures, and what else lies there and is left aside."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Literal

from PIL import Image

from mobilenetv2.tasks.picture_kinds import HEIF_SUFFIXES, VIDEO_SUFFIXES, reads_heif

Kind = Literal[
    "thumbnail or system folder",
    "hidden or system file",
    "video",
    "RAW photograph",
    "HEIC picture (these need pillow-heif)",
    "document or drawing",
    "text or data file",
    "pipe, device or dead link",
    "linked folder",
    "folder that cannot be opened",
    "other file",
]

SYSTEM_FOLDERS = frozenset(
    {"@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "__macosx", "lost+found",
     "$recycle.bin", "system volume information", "recycler", "thumbs", "thumbnails"}
)  # fmt: skip
"""Where network disks and systems keep small copies and what was deleted; hidden ones besides."""

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"})

_NOT_PICTURES = frozenset({"EPS", "WMF", "HDF5", "BUFR", "GRIB", "MPEG", "IPTC", "PCD"})
"""Pillow's formats that need another program, hold no picture, or share a suffix with another."""

_KINDS: dict[Kind, str] = {
    "RAW photograph": "cr2 cr3 nef arw dng raf orf rw2 srw pef raw nrw x3f",
    "document or drawing": "pdf svg eps ps ai doc docx ppt pptx xls xlsx wmf emf",
    "text or data file": "txt xml json csv tsv yaml yml md names data cache npy npz mat h5 hdf5 "
    "pkl log html htm py ipynb pt pth zip tar gz rar 7z db ini sqlite",
}
_KIND_OF: dict[str, Kind] = {
    f".{suffix}": kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()
} | dict.fromkeys(VIDEO_SUFFIXES, "video")

_OFTEN = frozenset({".jpg", ".jpeg", ".png"})
_NEVER = frozenset(suffix for suffix, kind in _KIND_OF.items() if kind == "text or data file")
"""Suffixes that are and are not pictures', whatever else this machine's Pillow opens."""

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True)
class LeftAside:
    """A file or folder in which no picture was looked for, and what it is."""

    path: Path
    kind: Kind


@dataclass(frozen=True, slots=True)
class Found:
    """What lies below a folder."""

    pictures: tuple[Path, ...]
    """Sorted."""
    left_aside: tuple[LeftAside, ...]


def find_pictures(folder: Path) -> list[Path]:
    """Every picture below a folder, sorted; `look_through` also tells what was left aside."""
    return list(look_through(folder).pictures)


def look_through(folder: Path, follow: int = 0) -> Found:
    """Find what Pillow can open, by suffix; files without a known one by their first bytes.

    Hidden files, thumbnails of network disks, pipes and linked folders are never opened.

    Args:
        folder: where to begin.
        follow: so many levels below it linked folders are opened: parts, and classes.
    """
    pictures: list[Path] = []
    left: list[LeftAside] = []
    for item in walk(folder, follow):
        if isinstance(item, LeftAside):
            left.append(item)
        else:
            pictures.append(item)
    return Found(tuple(pictures), tuple(left))


def walk(folder: Path, follow: int = 0) -> Iterator[Path | LeftAside]:
    """What `look_through` finds, one by one, sorted; of a million files only names are held."""
    # Not a function that calls itself: folders may be nested deeper than Python's stack.
    waiting = [iter([(folder, True)])]
    while waiting:
        item = next(waiting[-1], None)
        if item is None:
            waiting.pop()
            continue
        path, is_folder = item
        if not is_folder:
            kind = _kind(path)
            yield path if kind is None else LeftAside(path, kind)
        elif path != folder and is_system_folder(path.name):
            yield LeftAside(path, "thumbnail or system folder")
        elif path != folder and path.is_symlink() and len(waiting) > follow + 1:
            yield LeftAside(path, "linked folder")
        else:
            try:
                waiting.append(_entries(path))
            except OSError:
                yield LeftAside(path, "folder that cannot be opened")


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Paths in a folder, sorted, and whether they lead to folders."""
    names, folders = [], set()
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            if _is_folder(entry):
                folders.add(entry.name)
    names.sort()
    return ((folder / name, name in folders) for name in names)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def class_folders(folder: Path) -> list[Path]:
    """The folders directly in one, sorted, but for hidden ones and those of systems."""
    # Not by asking each path: beside a hundred thousand pictures that takes half a second.
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if _is_folder(entry) and not is_system_folder(entry.name)
        ]
    return sorted(folder / name for name in names)


def is_system_folder(name: str) -> bool:
    """Whether nobody put pictures there: hidden, thumbnails, waste."""
    return name.startswith(".") or name.casefold() in SYSTEM_FOLDERS


def looks_like_picture(name: str) -> bool:
    """Whether a file of this name is taken for a picture."""
    return _is_picture_suffix(PurePath(name).suffix.lower())


def _is_picture_suffix(suffix: str) -> bool:
    # To ask Pillow for all that it opens takes 30 ms: it imports a plugin for each.
    return suffix in _OFTEN or (suffix not in _NEVER and suffix in picture_suffixes())


@lru_cache(maxsize=1)
def picture_suffixes() -> frozenset[str]:
    """Of everything that this machine's Pillow opens as a picture, such as ".jpg"."""
    Image.init()
    known = Image.registered_extensions().items()
    own = {suffix for suffix, name in known if name in Image.OPEN and name not in _NOT_PICTURES}
    return frozenset(own | (HEIF_SUFFIXES if reads_heif() else frozenset()))


def describe_left_aside(items: Iterable[LeftAside], but: Iterable[Kind] = ()) -> str:
    """Kinds with their number and an example; "" where there is nothing to tell.

    Args:
        items: of `look_through`.
        but: kinds that are in their place, such as the text files among YOLO's pictures.
    """
    aside = Aside()
    for item in items:
        aside.add(item)
    return aside.described(but)


class Aside:
    """Kinds of what was left aside, counted, with the first of each."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.first: dict[Kind, Path] = {}
        self._numbers: dict[Kind, int] = {}

    def add(self, item: LeftAside) -> None:
        """Count one."""
        self.first.setdefault(item.kind, item.path)
        self._numbers[item.kind] = self._numbers.get(item.kind, 0) + 1

    def described(self, but: Iterable[Kind] = ()) -> str:
        """As `describe_left_aside`."""
        unsaid = frozenset(but)
        return ", ".join(
            f"{number} x {kind} ({self.first[kind].name}{', ...' if number > 1 else ''})"
            for kind, number in self._numbers.items()
            if kind not in unsaid
        )


def _kind(path: Path) -> Kind | None:
    """What a file is; None for a picture."""
    suffix = path.suffix.lower()
    if path.name.startswith(".") or path.name.casefold() in _SYSTEM_FILES:
        return "hidden or system file"
    kind = _KIND_OF.get(suffix)
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError:
        regular = False
    if not regular:
        return "pipe, device or dead link"
    if _is_picture_suffix(suffix):
        return None
    if suffix in HEIF_SUFFIXES:
        return "HEIC picture (these need pillow-heif)"
    if kind is not None:
        return kind
    return None if _begins_as_picture(path) else "other file"


def _begins_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.read(16)
    except OSError:
        return False
    return first.startswith(_MAGIC) or (first[:4] == b"RIFF" and first[8:12] == b"WEBP")


def notes_on(found: Iterable[LeftAside], where: Path, but: Iterable[Kind] = ()) -> Iterator[str]:
    """One sentence on what was left aside, or none."""
    told = describe_left_aside(found, but)
    if told:
        yield f"{where}: left aside {told}"
