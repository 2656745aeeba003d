"""Which formats of annotation a folder holds, found by looking."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mobilenetv2.datasets import voc, yolo, yolo_yaml
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.image import SUFFIXES

LABEL_LISTS = ("classes.txt", "obj.names", "labels.txt", "classes.names")
"""Where YOLO tools without a YAML file keep the names of classes, one a line."""

_SNIFF_BYTES = 65_536
_SNIFF_FILES = 100
_OPENED = frozenset({".json", ".xml", ".yaml", ".yml", ".txt"})


@dataclass(frozen=True, slots=True)
class Voc:
    """Pascal VOC's XML files."""

    root: Path
    annotations: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Coco:
    """COCO's JSON files: all of instances, or all panoptic."""

    root: Path
    files: tuple[Path, ...]
    panoptic: bool = False


@dataclass(frozen=True, slots=True)
class Yolo:
    """YOLO's text files with a description: YAML, or a plain list of names."""

    root: Path
    description: Path


Source = Voc | Coco | Yolo


def describe(source: Source) -> str:
    """The format's name, and what to point at in order to choose it."""
    match source:
        case Voc():
            return f"Pascal VOC ({len(source.annotations)} XML files)"
        case Coco():
            kind = "COCO panoptic" if source.panoptic else "COCO"
            return f"{kind} ({', '.join(file.name for file in source.files)})"
        case Yolo():
            return f"YOLO ({source.description.name})"


def find_sources(data: Path) -> tuple[Source, ...]:
    """Every format found at `data`, the one to read first.

    `data` is a folder, searched to its bottom, or a file: a COCO JSON, a YOLO YAML, a VOC XML.
    In a folder COCO's instances come first, then Pascal VOC, both of which know boxes to ignore;
    then YOLO; a panoptic file comes last: its boxes are made of segments.

    Raises:
        DatasetError: nothing there, or no annotation in a format that is read.
    """
    if data.is_file():
        return (_named_outright(data),)
    if not data.is_dir():
        raise DatasetError(f"{data}: no such file or folder")
    files = _files(data)
    root = data.parent if data.name.casefold() == "annotations" else data
    jsons = [path for path in files if path.suffix.lower() == ".json" and _is_coco(path)]
    instances = [path for path in jsons if path.stem.startswith("instances")]
    panoptic = [path for path in jsons if _is_panoptic(path)]
    instances = instances or [path for path in jsons if path not in panoptic]
    annotations = [
        path for path in files if path.suffix.lower() == ".xml" and voc.is_annotation(path)
    ]
    sources: list[Source] = []
    if instances:
        sources.append(Coco(root, tuple(instances)))
    if annotations:
        sources.append(Voc(root, tuple(annotations)))
    description = _yolo_description(files, data)
    if description:
        sources.append(Yolo(data, description))
    if panoptic:
        sources.append(Coco(root, tuple(panoptic), panoptic=True))
    if not sources:
        raise DatasetError(
            f"{data} must hold boxes as Pascal VOC (XML files), COCO (a JSON file with images, "
            "annotations and categories) or YOLO (a YAML file with names, and text files), "
            "got none of these"
        )
    return tuple(sources)


def _named_outright(file: Path) -> Source:
    match file.suffix.lower():
        case ".json":
            folder = file.resolve().parent
            root = folder.parent if folder.name.casefold() == "annotations" else folder
            return Coco(root, (file.resolve(),), _is_panoptic(file))
        case ".yaml" | ".yml":
            return Yolo(file.resolve().parent, file)
        case ".xml":
            folder = file.resolve().parent
            root = folder.parent if folder.name.casefold() == "annotations" else folder
            return Voc(root, (file.resolve(),))
        case _ if file.name in LABEL_LISTS:
            return Yolo(file.resolve().parent, file)
        case other:
            raise DatasetError(
                f"{file}: boxes are read from .json (COCO), .yaml (YOLO) and .xml (Pascal VOC) "
                f"files or from a folder, got {other!r}"
            )


def _files(data: Path) -> list[Path]:
    """Every file below a folder but hidden ones and dead links, sorted."""
    found: list[Path] = []
    for folder, folders, names in os.walk(data):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.suffix not in _OPENED or path.is_file())


def _is_coco(file: Path) -> bool:
    """By two of its three lists in the first and last bytes; files can be half a gigabyte."""
    ends = _ends(file)
    return sum(key in ends for key in (b'"images"', b'"annotations"', b'"categories"')) >= 2


def _is_panoptic(file: Path) -> bool:
    return "panoptic" in file.stem or b'"isthing"' in _ends(file)


def _ends(file: Path) -> bytes:
    with file.open("rb") as content:
        first = content.read(_SNIFF_BYTES)
        content.seek(max(len(first), file.stat().st_size - _SNIFF_BYTES))
        return first + content.read()


def _yolo_description(files: list[Path], data: Path) -> Path | None:
    yamls = [
        path
        for path in files
        if path.suffix.lower() in (".yaml", ".yml") and yolo_yaml.has_names(path)
    ]
    if len(yamls) > 1:
        raise DatasetError(
            f"{data} holds {len(yamls)} YAML files with names: "
            f"{[str(path.relative_to(data)) for path in yamls[:5]]}; point at one of them"
        )
    if yamls:
        return yamls[0]
    lists = [path for path in files if path.name in LABEL_LISTS]
    texts = (path for path in files if path.suffix.lower() == ".txt" and path not in lists)
    pictures = {path.stem for path in files if path.suffix.lower() in SUFFIXES}
    # A picture without boxes has an empty file; a folder may hold no other pictures.
    annotated = any(
        yolo.begins_with_box(path) or (path.stem in pictures and not path.stat().st_size)
        for path in islice(texts, _SNIFF_FILES)
    )
    return lists[0] if lists and annotated else None
