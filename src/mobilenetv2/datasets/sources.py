"""Which formats of annotation a folder holds, found by looking."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from mobilenetv2.datasets import yolo_yaml
from mobilenetv2.datasets.boxes_csv import is_boxes_csv
from mobilenetv2.datasets.class_names import read_label_list
from mobilenetv2.datasets.foreign_formats import name_foreign
from mobilenetv2.datasets.key_search import keys_in
from mobilenetv2.datasets.plain_xml import annotation_kind
from mobilenetv2.datasets.unread_files import why_none
from mobilenetv2.datasets.yolo_line import begins_with_box
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.names import find_shards, is_shards
from mobilenetv2.tasks.find_pictures import is_system_folder, looks_like_picture

LABEL_LISTS = ("classes.txt", "obj.names", "labels.txt", "classes.names")
"""Where YOLO tools without a YAML file keep the names of classes, one a line."""

_SNIFF_FILES = 100
_COCO_KEYS = frozenset({b'"images"', b'"annotations"', b'"categories"'})
_LABELME_KEYS = frozenset({b'"shapes"', b'"imagePath"'})
_PANOPTIC_KEYS = frozenset({b'"isthing"', b'"categories"'})
_OPENED = frozenset({".json", ".xml", ".yaml", ".yml", ".txt", ".csv"})


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


@dataclass(frozen=True, slots=True)
class Named:
    """Files whose entries name their pictures."""

    root: Path
    files: tuple[Path, ...]
    format: Literal["CVAT XML", "labelme JSON", "CSV of boxes"]


@dataclass(frozen=True, slots=True)
class Shards:
    """Tars of pictures with a KEY.json each."""

    root: Path
    data: Path
    """As given: a range, a pattern, a folder, a URL."""


Source = Voc | Coco | Yolo | Named | Shards


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
        case Named():
            names = [file.name for file in source.files]
            return f"{source.format} ({', '.join(names) if len(names) < 4 else len(names)})"
        case Shards():
            return f"shards ({source.data.name})"


def find_sources(data: Path) -> tuple[Source, ...]:
    """Every format found at `data`, the one to read first.

    `data` is a folder, searched to its bottom, or a file: a COCO JSON, a YOLO YAML, a VOC XML ...
    In a folder COCO's instances come first, then Pascal VOC, both of which know boxes to ignore;
    then CVAT's XML, labelme's JSON and tables of boxes, then YOLO; a panoptic file comes last: its
    boxes are made of segments.

    Raises:
        DatasetError: nothing there, or no annotation in a format that is read.
    """
    if is_shards(data):
        return (Shards(Path(find_shards(data)[0]).parent, data),)
    if data.is_file():
        return (_named_outright(data),)
    if not data.is_dir():
        raise DatasetError(f"{data}: no such file or folder")
    files = _files(data)
    root = data.parent if data.name.casefold() == "annotations" else data
    sources = [*_instances(files, root), *_in_xml(files, root), *_in_others(files, root)]
    description = _yolo_description(files, data)
    if description:
        sources.append(Yolo(data, description))
    sources += _panoptic(files, root)
    if not sources:
        foreign = name_foreign(files) or why_none(files)
        raise DatasetError(
            f"{data} must hold boxes as Pascal VOC (XML files), COCO (a JSON file with images, "
            "annotations and categories) or YOLO (a YAML file with names, and text files), as "
            "CVAT's XML, labelme's JSON or a CSV with filename,width,height,class,xmin,ymin,xmax,"
            f"ymax, got none of these{f'. {foreign}' if foreign else ''}"
        )
    return tuple(sources)


def _instances(files: list[Path], root: Path) -> Iterator[Source]:
    found = [path for path in _coco_files(files) if not _is_panoptic(path)]
    named = [path for path in _coco_files(files) if path.stem.startswith("instances")]
    if named or found:
        yield Coco(root, tuple(named or found))


def _panoptic(files: list[Path], root: Path) -> Iterator[Source]:
    found = [path for path in _coco_files(files) if _is_panoptic(path)]
    if found:
        yield Coco(root, tuple(found), panoptic=True)


def _coco_files(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix.lower() == ".json" and _is_coco(path)]


def _in_xml(files: list[Path], root: Path) -> Iterator[Source]:
    kinds = {path: annotation_kind(path) for path in files if path.suffix.lower() == ".xml"}
    annotations = tuple(path for path, kind in kinds.items() if kind == "voc")
    if annotations:
        yield Voc(root, annotations)
    cvat = tuple(path for path, kind in kinds.items() if kind == "cvat")
    if cvat:
        yield Named(root, cvat, "CVAT XML")


def _in_others(files: list[Path], root: Path) -> Iterator[Source]:
    shapes = tuple(path for path in files if path.suffix.lower() == ".json" and _is_labelme(path))
    if shapes:
        yield Named(root, shapes, "labelme JSON")
    tables = tuple(path for path in files if path.suffix.lower() == ".csv" and is_boxes_csv(path))
    if tables:
        yield Named(root, tables, "CSV of boxes")


def _named_outright(file: Path) -> Source:
    folder = file.resolve().parent
    root = folder.parent if folder.name.casefold() == "annotations" else folder
    own = file.resolve()
    match file.suffix.lower():
        case ".json" if _is_labelme(file):
            return Named(root, (own,), "labelme JSON")
        case ".json":
            foreign = "" if _is_coco(file) else name_foreign([file])
            if foreign:
                raise DatasetError(foreign)
            return Coco(root, (own,), _is_panoptic(file))
        case ".yaml" | ".yml":
            return Yolo(folder, file)
        case ".xml" if annotation_kind(file) == "cvat":
            return Named(root, (own,), "CVAT XML")
        case ".xml":
            return Voc(root, (own,))
        case ".csv":
            foreign = name_foreign([file])
            if foreign:
                raise DatasetError(foreign)
            return Named(root, (own,), "CSV of boxes")
        case _ if file.name.casefold() in LABEL_LISTS:
            return Yolo(folder, file)
        case other:
            raise DatasetError(
                f"{file}: boxes are read from .json (COCO, labelme), .yaml (YOLO), .xml (Pascal "
                f"VOC, CVAT) and .csv files or from a folder, got {other!r}"
            )


def _files(data: Path) -> list[Path]:
    """Every file below a folder but hidden ones, thumbnails and dead links, sorted."""
    found: list[Path] = []
    for folder, folders, names in os.walk(data):
        folders[:] = [name for name in folders if not is_system_folder(name)]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() not in _OPENED or path.is_file())


def _is_coco(file: Path) -> bool:
    """By two of its three lists."""
    return len(keys_in(file, _COCO_KEYS)) >= 2


def _is_labelme(file: Path) -> bool:
    return keys_in(file, _LABELME_KEYS) == _LABELME_KEYS


def _is_panoptic(file: Path) -> bool:
    return "panoptic" in file.stem or b'"isthing"' in keys_in(file, _PANOPTIC_KEYS)


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
    lists = [path for path in files if path.name.casefold() in LABEL_LISTS]
    texts = (path for path in files if path.suffix.lower() == ".txt" and path not in lists)
    pictures = {path.stem for path in files if looks_like_picture(path.name)}
    names = _names(lists[0]) if lists else ()
    # A picture without boxes has an empty file; a folder may hold no other pictures.
    annotated = any(
        begins_with_box(path, names) or (path.stem in pictures and not path.stat().st_size)
        for path in islice(texts, _SNIFF_FILES)
    )
    return lists[0] if lists and annotated else None


def _names(file: Path) -> tuple[str, ...]:
    """Of a list that may not be one: whoever reads the boxes will say so."""
    try:
        return read_label_list(file)
    except DatasetError:
        return ()
