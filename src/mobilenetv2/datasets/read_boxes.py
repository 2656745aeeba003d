"""A data set for detection, read from whatever format lies there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from mobilenetv2.datasets import box_splits, coco, voc, yolo
from mobilenetv2.datasets.boxed_shards import read_boxed_shards
from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.boxes_csv import read_boxes_csv
from mobilenetv2.datasets.check_boxes import check_boxes
from mobilenetv2.datasets.class_names import match_classes, read_label_list
from mobilenetv2.datasets.cvat import read_cvat
from mobilenetv2.datasets.findings import IN_THEIR_PLACE, Finding
from mobilenetv2.datasets.labelme import read_labelme
from mobilenetv2.datasets.named_boxes import read_named
from mobilenetv2.datasets.picture_index import PictureIndex
from mobilenetv2.datasets.progress import Progress, tell_nobody, watched
from mobilenetv2.datasets.sources import (
    Coco,
    Named,
    Shards,
    Source,
    Voc,
    Yolo,
    describe,
    find_sources,
)
from mobilenetv2.datasets.split_names import choose, parse_by_name, unique_identities
from mobilenetv2.datasets.written import Written
from mobilenetv2.datasets.yolo_yaml import YoloDescription, read_yolo_yaml
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.tasks.shard_set import shard_parts


@dataclass(frozen=True, slots=True)
class ReadBoxes:
    """A data set and what was noticed while it was read."""

    pictures: BoxedPictures
    findings: tuple[Finding, ...] = field(repr=False)
    """Everything repaired, cut, or left out, and why. Nothing is dropped without one."""
    format: str
    """ "Pascal VOC (364 XML files)", "COCO (instances_val.json)", "YOLO (data.yaml)"."""


def read_boxes(
    data: Path,
    split: str | None = None,
    labels: Sequence[str] | None = None,
    progress: Progress = tell_nobody,
) -> ReadBoxes:
    """Read pictures with boxes; the format is found by looking (see `sources.find_sources`).

    Args:
        data: a folder, or a file that chooses among formats: a COCO JSON, a YOLO YAML, a VOC XML.
        split: what the data set itself calls a part (a list in ImageSets, a COCO file, an entry of
            the YAML, a folder), or "first N", "last N" by file name; None for the whole set.
        labels: a model's. Classes are matched to them by name, case, spaces, hyphens and
            underscores aside; boxes of other classes are left out, with a finding a class. None:
            the labels are the data set's own.
        progress: told of the pictures whose headers are read.

    Raises:
        DatasetError: nothing there, no such split, no picture that can be used, or not one class
            that the model knows.
    """
    with reading(data, DatasetError):
        return _read_boxes(data, split, labels, progress)


def _read_boxes(
    data: Path, split: str | None, labels: Sequence[str] | None, progress: Progress
) -> ReadBoxes:
    sources = find_sources(data)
    source = sources[0]
    by_name = parse_by_name(split) if split else None
    index = PictureIndex(source.root)
    written = _read(source, None if by_name else split, index)
    if by_name:
        chosen = by_name.among(picture.path for picture in written.pictures)
        kept = tuple(picture for picture in written.pictures if picture.path in chosen)
        written = replace(written, pictures=kept)
    # What lies beside shards is of the same folder by chance alone.
    aside = () if isinstance(source, Shards) else _left_aside(index)
    findings = [*_formats(data, sources), *aside, *written.findings]
    matched = match_classes(written, labels, source.root)
    findings += matched.findings
    pictures: list[BoxedPicture] = []
    for picture in watched(written.pictures, "Reading boxes", progress):
        checked = check_boxes(picture, matched.indices)
        findings += checked.findings
        if checked.picture is not None:
            pictures.append(checked.picture)
    if not pictures:
        reasons = "; ".join(f"{found.path}: {found.detail}" for found in findings[:3])
        raise DatasetError(f"{data} must hold at least one picture with an annotation; {reasons}")
    result = BoxedPictures(
        name=source.root.resolve().name,
        split=str(by_name) if by_name else split or "all",
        labels=matched.labels,
        pictures=_called(pictures, source.root),
    )
    findings += _without_examples(result, set(matched.indices.values()))
    return ReadBoxes(result, tuple(findings), describe(source))


def box_split_names(data: Path) -> tuple[str, ...]:
    """What the data set calls its parts, sorted; empty where it has none.

    Raises:
        DatasetError: as `read_boxes`.
    """
    source = find_sources(data)[0]
    parts: Iterable[str]
    match source:
        case Voc():
            parts = box_splits.voc_parts(source)
        case Coco():
            parts = box_splits.coco_parts(source) if len(source.files) > 1 else ()
        case Yolo():
            index = PictureIndex(source.root)
            parts = box_splits.yolo_parts(_described(source)[0], index)
        case Named():
            parts = box_splits.named_parts(source)
        case Shards():
            parts = shard_parts(source.data)
        case _ as never:
            assert_never(never)
    return tuple(sorted(parts))


def _read(source: Source, split: str | None, pictures: PictureIndex) -> Written:
    match source:
        case Voc():
            return _read_voc(source, split, pictures)
        case Coco():
            return _read_coco(source, split, pictures)
        case Yolo():
            return _read_yolo(source, split, pictures)
        case Named():
            return _read_listed(source, split, pictures)
        case Shards():
            return read_boxed_shards(source.data, split)
        case _ as never:
            assert_never(never)


def _read_voc(source: Voc, split: str | None, pictures: PictureIndex) -> Written:
    if split is None:
        written = voc.read_voc(
            source.root, source.annotations, frozenset(source.annotations), pictures
        )
        if len(source.annotations) == 1:
            return written
        known = {picture.path.stem for picture in written.pictures}
        known |= {path.stem for path in source.annotations}
        missing = [path for path in pictures.likely if path.stem not in known]
        without = [
            Finding("annotation missing", path, "no XML file has its name") for path in missing
        ]
        return replace(written, findings=(*written.findings, *without))
    part = choose(split, box_splits.voc_parts(source), source.root)
    written = voc.read_voc(source.root, source.annotations, part.annotations, pictures)
    without = [
        Finding("annotation missing", source.root / name, f"listed in {split!r}, without XML file")
        for name in part.without
    ]
    return replace(written, findings=(*written.findings, *without))


def _read_coco(source: Coco, split: str | None, pictures: PictureIndex) -> Written:
    files = source.files
    if split is not None:
        files = choose(split, box_splits.coco_parts(source), source.root)
    first, *others = [coco.read_coco(file, pictures) for file in files]
    labels, found, findings = first.labels, list(first.pictures), list(first.findings)
    known = {picture.path for picture in found}
    for other in others:
        labels = tuple(dict.fromkeys((*labels, *other.labels)))
        findings += other.findings
        for picture in other.pictures:
            if picture.path in known:
                detail = "listed in several files; the first counts"
                findings.append(Finding("annotation twice", picture.path, detail))
            else:
                known.add(picture.path)
                found.append(picture)
    return Written(labels, tuple(found), tuple(findings))


def _read_yolo(source: Yolo, split: str | None, pictures: PictureIndex) -> Written:
    description, labels = _described(source)
    parts = box_splits.yolo_parts(description, pictures)
    points = description.key_points if description else None
    noticed = tuple(_about_description(description, pictures)) if description else ()
    if split is not None:
        by_folder = {} if split in parts else box_splits.yolo_folders(pictures)
        chosen = by_folder.get(split) or choose(split, parts, source.root)
        written = yolo.read_yolo(chosen, labels, source.root, points)
        return replace(written, findings=(*noticed, *written.findings))
    entries = description.entries if description else ()
    listed = sorted({path for name in entries for path in parts.get(name, ())})
    written = yolo.read_yolo(
        listed or pictures.likely, labels, source.root, points, whole=not listed
    )
    return replace(written, findings=(*noticed, *written.findings))


def _about_description(description: YoloDescription, pictures: PictureIndex) -> Iterable[Finding]:
    for entry in box_splits.leads_nowhere(description, pictures):
        yield Finding("part not found", description.file, entry)
    if description.count not in (None, len(description.labels)):
        detail = f"nc is {description.count}, names are {len(description.labels)}"
        yield Finding("count differs", description.file, detail)


def _read_listed(source: Named, split: str | None, pictures: PictureIndex) -> Written:
    files = source.files
    if split is not None:
        files = choose(split, box_splits.named_parts(source), source.root)
    match source.format:
        case "CVAT XML":
            return read_named(files, read_cvat, pictures)
        case "labelme JSON":
            return read_named(files, read_labelme, pictures)
        case "CSV of boxes":
            return read_named(files, read_boxes_csv, pictures)
        case _ as never:
            assert_never(never)


def _described(source: Yolo) -> tuple[YoloDescription | None, tuple[str, ...]]:
    if source.description.suffix.lower() in (".yaml", ".yml"):
        description = read_yolo_yaml(source.description)
        return description, description.labels
    return None, read_label_list(source.description)


def _formats(data: Path, sources: Sequence[Source]) -> Iterable[Finding]:
    if len(sources) > 1:
        others = ", ".join(describe(source) for source in sources[1:])
        detail = f"{describe(sources[0])} was read; point at a file to choose another: {others}"
        yield Finding("several formats", data, detail)


def _left_aside(pictures: PictureIndex) -> Iterable[Finding]:
    for item in pictures.found.left_aside:
        if item.kind not in IN_THEIR_PLACE:
            yield Finding("left aside", item.path, item.kind)


def _called(pictures: Sequence[BoxedPicture], root: Path) -> tuple[BoxedPicture, ...]:
    identities = unique_identities(
        [picture.identity for picture in pictures], [picture.path for picture in pictures], root
    )
    return tuple(
        replace(picture, identity=identity)
        for picture, identity in zip(pictures, identities, strict=True)
    )


def _without_examples(data: BoxedPictures, known: set[int]) -> Iterable[Finding]:
    seen = {int(index) for picture in data.pictures for index in picture.classes}
    empty = [data.labels[index] for index in sorted(known - seen)]
    if empty:
        more = f" and {len(empty) - 10} more" if len(empty) > 10 else ""
        detail = f"{len(empty)} of {len(data.labels)}: {', '.join(empty[:10])}{more}"
        yield Finding("class without examples", Path(data.name), detail)
