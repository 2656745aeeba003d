"""Folders of pictures, or a table, as the doctor looks at them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mobilenetv2.datasets.class_names import alike
from mobilenetv2.datasets.class_report import lying_beside
from mobilenetv2.doctor.read_labels import read_label_subject
from mobilenetv2.doctor.subject import Part, Subject, worth_comparing
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.find_pictures import class_folders, look_through
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled, table_of
from mobilenetv2.tasks.labeled_shards import learnt_classes, read_shards
from mobilenetv2.tasks.own_classes import both_told, read_own_classes
from mobilenetv2.tasks.part_names import Part as Split
from mobilenetv2.tasks.shard_set import shard_parts
from mobilenetv2.tasks.split_folders import bare_parts, class_roots, split_folders
from mobilenetv2.tasks.stemmed_parts import lying_deeper


def read_class_subject(data: Path) -> Subject:
    """Every part with the classes of them all; a class that only one part has is told of.

    Raises:
        DatasetError: as `read_labeled`.
    """
    several = read_label_subject(data)
    if several is not None:
        return several
    if is_shards(data):
        return _in_shards(data)
    table = table_of(data)
    if table is not None:
        found, labels = read_own_classes(table)
        part = _part("all", found, labels)
        told = (*found.notes, *filter(None, [both_told(data)]), *_similar(labels))
        layout = f"a table ({table.name})"
        return Subject("classification", found.name, layout, labels, (part,), notes=told)
    parts = split_folders(data) if data.is_dir() else {}
    return _in_folders(data, parts)


def _in_folders(data: Path, parts: Mapping[Split, Path]) -> Subject:
    bare = bare_parts(parts)
    folders: dict[str, Path] = {
        part: path for part, path in class_roots(parts).items() if part not in bare
    }
    beside: Iterable[str] = filter(None, [both_told(data) or lying_deeper(data)])
    if parts:
        pictures = look_through(data, follow=2).pictures
        beside = lying_beside(data, pictures, tuple(parts.values()))
    names = {
        folder.name
        for root in (folders or {"all": data}).values()
        for folder in class_folders(root)
    }
    labels = tuple(sorted(names))
    read = {
        name: read_labeled(folders.get(name, data), labels)
        for name in (worth_comparing(tuple(folders)) if folders else ("all",))
    }
    notes = dict.fromkeys(note for part in read.values() for note in part.notes)
    return Subject(
        task="classification",
        name=data.resolve().name,
        layout="a folder a class" + (" in a folder a part" if folders else ""),
        labels=labels,
        parts=tuple(_part(name, part, labels) for name, part in read.items()),
        notes=(*bare.values(), *beside, *notes, *_similar(labels)),
        stops=_without_training(tuple(folders)),
    )


def _in_shards(data: Path) -> Subject:
    parts = tuple(shard_parts(data))
    whole = read_shards(data)
    labels, targets = learnt_classes(whole)
    read = {"all": LabeledPictures(whole.name, whole.pictures, targets, whole.notes)}
    if parts:
        read = {part: read_labeled(data, labels, part) for part in parts}
    return Subject(
        task="classification",
        name=whole.name,
        layout="shards",
        labels=labels,
        parts=tuple(_part(name, part, labels) for name, part in read.items()),
        notes=(*whole.notes, *_similar(labels)),
        stops=_without_training(parts),
    )


def _without_training(parts: Sequence[str]) -> tuple[str, ...]:
    if not parts or "train" in parts:
        return ()
    return (f"there is no part to train on, only {', '.join(parts)}",)


def _part(name: str, pictures: LabeledPictures, labels: Sequence[str]) -> Part:
    counts = [0] * len(labels)
    for target in pictures.targets:
        counts[target] += 1
    return Part(name, pictures.paths, tuple(counts), targets=pictures.targets)


def _similar(labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        f"the classes {', '.join(map(repr, group))} differ by case, spaces, hyphens, underscores "
        "or Unicode form alone; put them into one if they are one"
        for group in alike(labels)
    )
