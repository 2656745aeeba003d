"""The parts that a data set of boxes names itself: lists, files, entries and folders."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mobilenetv2.datasets.picture_index import PictureIndex
from mobilenetv2.datasets.sources import Coco, Named, Voc
from mobilenetv2.datasets.split_names import LAYOUT, find_split_word, folder_names
from mobilenetv2.datasets.yolo_yaml import YoloDescription
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text
from mobilenetv2.tasks.find_pictures import find_pictures, looks_like_picture
from mobilenetv2.tasks.part_names import part_called

PLAIN_STEMS = frozenset({"annotations", "_annotations.coco", "instances", "panoptic", "coco"})
"""Names of COCO files that say nothing of a split."""


@dataclass(frozen=True, slots=True)
class VocPart:
    """The XML files of a split, and what its list names besides."""

    annotations: frozenset[Path]
    without: tuple[str, ...] = ()
    """Listed pictures that have no XML file."""


def voc_parts(source: Voc) -> dict[str, VocPart]:
    """ImageSets/Main/*.txt, but for the lists of single classes; and folders of XML files."""
    parts: dict[str, VocPart] = {}
    for path in source.annotations:
        for name in folder_names(path, source.root):
            before = parts.get(name, VocPart(frozenset()))
            parts[name] = VocPart(before.annotations | {path})
    for file in sorted(source.root.rglob("ImageSets/Main/*.txt")):
        listed = _listed(file)
        if listed is None:
            continue
        root = file.parents[2]
        below = {path.stem: path for path in source.annotations if path.is_relative_to(root)}
        part = VocPart(
            frozenset(below[name] for name in listed if name in below),
            tuple(name for name in listed if name not in below),
        )
        known = parts.get(file.stem, VocPart(frozenset()))
        parts[file.stem] = VocPart(
            known.annotations | part.annotations, (*known.without, *part.without)
        )
    return parts


def coco_parts(source: Coco) -> dict[str, tuple[Path, ...]]:
    """By the files' names, "instances_val2017.json", or by their folders where these are bare."""
    parts: dict[str, tuple[Path, ...]] = {}
    for file in source.files:
        stem = file.stem.removeprefix("instances_").removeprefix("panoptic_")
        folder = file.parent.name
        if stem in PLAIN_STEMS and folder.casefold() not in LAYOUT and file.parent != source.root:
            stem = folder
        parts[stem] = (*parts.get(stem, ()), file)
    return parts


def named_parts(source: Named) -> dict[str, tuple[Path, ...]]:
    """By their folders (labelme), else by the split in their names, as "train_labels.csv"."""
    parts: dict[str, tuple[Path, ...]] = {}
    for file in source.files:
        names = folder_names(file, source.root)
        if source.format != "labelme JSON":
            names = [find_split_word(file.stem) or file.stem]
        for name in names:
            parts[name] = (*parts.get(name, ()), file)
    return parts


def yolo_parts(
    description: YoloDescription | None, pictures: PictureIndex
) -> dict[str, tuple[Path, ...]]:
    """The entries of the YAML file that lead somewhere; and folders of pictures.

    A folder called otherwise than the entry that leads into it is the same part: val, of which the
    pictures lie in "valid", or are all those of "holdout".
    """
    parts: dict[str, tuple[Path, ...]] = {}
    if description is not None:
        for split, entries in description.entries.items():
            found = {path for entry in entries for path in _entry(description, entry, pictures)}
            if found:
                parts[split] = tuple(sorted(_below(pictures.root, found)))
    folders = yolo_folders(pictures)
    same = {
        name
        for name, paths in folders.items()
        for split, listed in parts.items()
        if (part_called(name) == part_called(split) and not set(listed).isdisjoint(paths))
        or set(listed) == set(paths)
    }
    return {name: paths for name, paths in folders.items() if name not in same} | parts


def yolo_folders(pictures: PictureIndex) -> dict[str, tuple[Path, ...]]:
    """The pictures below each folder that may be a part, whatever a YAML file calls it."""
    folders: dict[str, list[Path]] = {}
    for path in pictures.likely:
        for name in folder_names(path, pictures.root):
            folders.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in folders.items()}


def leads_nowhere(description: YoloDescription, pictures: PictureIndex) -> Iterator[str]:
    """Entries of the YAML file behind which there is no picture, with the part's name."""
    for split, entries in description.entries.items():
        for entry in entries:
            if not _entry(description, entry, pictures):
                yield f"{split}: {entry}"


def _below(root: Path, paths: Iterable[Path]) -> Iterator[Path]:
    """Resolved paths as they are found below the root, which may be a relative one."""
    resolved = root.resolve()
    for path in paths:
        yield root / path.relative_to(resolved) if path.is_relative_to(resolved) else path


def _listed(file: Path) -> list[str] | None:
    """Names of pictures, one a line; None for a list of a class, with -1, 0 or 1 behind each."""
    try:
        rows = [line.split() for line in as_text(file.read_bytes()).splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} must be a list of pictures, one a line: {error}") from error
    if rows and all(len(row) == 2 and row[1] in ("-1", "0", "1") for row in rows):
        return None
    names = (" ".join(row) for row in rows)
    return list(
        dict.fromkeys(
            name[: -len(Path(name).suffix)] if looks_like_picture(name) else name for name in names
        )
    )


def _entry(description: YoloDescription, entry: str, pictures: PictureIndex) -> Sequence[Path]:
    """The pictures of one entry: a folder, or a text file that lists pictures."""
    for place in _places(description, entry):
        try:
            if place.is_dir():
                return find_pictures(place.resolve())
            listed = place.is_file() and place.suffix.lower() == ".txt"
        # A name of 10,000 letters is no file's.
        except OSError as error:
            raise DatasetError(
                f"{description.file}: {entry[:60]!r} ...: {error.strerror}"
            ) from error
        if listed:
            lines = as_text(place.read_bytes(), "replace").splitlines()
            names = [line.strip().replace("\0", "") for line in lines]
            return [_listed_picture(place, name, pictures) for name in names if name]
    return ()


def _places(description: YoloDescription, entry: str) -> Iterator[Path]:
    """Where an entry may lead: as it stands, then as if the data set had been moved.

    "../train/images" is often meant from the YAML's own folder; of another machine's absolute
    path the last two folders or more are looked for, not one alone, which train and val may share.
    """
    base = description.file.resolve().parent
    plain, root = (text.replace("\\", "/") for text in (entry, description.root))
    yield base / root / plain
    yield base / plain
    parts = [part for part in PurePosixPath(plain).parts if part not in ("..", "/")]
    if not (plain.startswith("/") or re.match("[A-Za-z]:", plain)):
        yield base.joinpath(*parts)
        return
    for begin in range(1, len(parts) - 1):
        yield base.joinpath(*parts[begin:])


def _listed_picture(file: Path, name: str, pictures: PictureIndex) -> Path:
    """The picture that a list names; lists of other machines begin with their own folders."""
    try:
        direct = (file.parent / name).resolve()
        if direct.is_file():
            return direct
    except OSError:
        direct = file.parent / name[:60]
    return pictures.by_name(file, name).path or direct
