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


def look_through(folder: Path) -> Found:
    """Find what Pillow can open, by suffix; files without a known one by their first bytes.

    Hidden files, thumbnails of network disks, pipes and linked folders are never opened.
    """
    pictures: list[Path] = []
    left: list[LeftAside] = []

    def closed(error: OSError) -> None:
        left.append(LeftAside(Path(error.filename), "folder that cannot be opened"))

    for parent, folders, names in os.walk(folder, onerror=closed):
        for name in sorted(folders):
            path = Path(parent, name)
            if is_system_folder(name):
                left.append(LeftAside(path, "thumbnail or system folder"))
            elif path.is_symlink():
                left.append(LeftAside(path, "linked folder"))
        folders[:] = [name for name in folders if not is_system_folder(name)]
        for name in names:
            path = Path(parent, name)
            kind = _kind(path)
            if kind is None:
                pictures.append(path)
            else:
                left.append(LeftAside(path, kind))
    return Found(tuple(sorted(pictures)), tuple(sorted(left, key=lambda item: item.path)))


def class_folders(folder: Path) -> list[Path]:
    """The folders directly in one, sorted, but for hidden ones and those of systems."""
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and not is_system_folder(path.name)
    )


def is_system_folder(name: str) -> bool:
    """Whether nobody put pictures there: hidden, thumbnails, waste."""
    return name.startswith(".") or name.casefold() in SYSTEM_FOLDERS


def looks_like_picture(name: str) -> bool:
    """Whether a file of this name is taken for a picture."""
    return PurePath(name).suffix.lower() in picture_suffixes()


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
    unsaid = frozenset(but)
    groups: dict[Kind, list[Path]] = {}
    for item in items:
        if item.kind not in unsaid:
            groups.setdefault(item.kind, []).append(item.path)
    return ", ".join(
        f"{len(paths)} x {kind} ({paths[0].name}{', ...' if len(paths) > 1 else ''})"
        for kind, paths in groups.items()
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
    if suffix in picture_suffixes():
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
