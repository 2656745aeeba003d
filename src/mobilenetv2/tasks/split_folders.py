"""Folders that are parts of a data set (train, val, test), not classes in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.find_pictures import class_folders
from mobilenetv2.tasks.part_names import Part, part_called
from mobilenetv2.tasks.stemmed_parts import (
    are_all,
    folder_names_in,
    is_bare,
    mostly_in,
    unwrapped,
    with_a_stem,
)


def split_folders(data: Path) -> dict[Part, Path]:
    """The folders in `data` that are its parts; empty where they may be classes.

    They are parts if one of them is to train on and holds folders itself, or if there is no other
    folder and each holds folders. A class that happens to be called "train" holds pictures; beside
    a part to train on, one to judge on or to test may hold pictures alone, or nothing. A lone
    folder, as archives unpack to, is looked into: one class by itself is no data set. Where no
    name says it alone, several may: `with_a_stem`, if nothing beside these may be a class.

    Raises:
        DatasetError: two folders are the same part, or one has the classes of the part to train on
            and is called by no part's name.
    """
    folders = class_folders(data)
    if len(folders) == 1 and not (part_called(folders[0].name) or folders[0].is_symlink()):
        return split_folders(folders[0])
    found: dict[Part, list[Path]] = {}
    called = [(folder, part) for folder in folders if (part := part_called(folder.name))]
    certain = any(part == "train" and len(folder_names_in(folder)) > 1 for folder, part in called)
    for folder, part in called:
        if not (class_folders(folder) or (certain and part != "train")):
            return {}
        found.setdefault(part, []).append(folder)
    _require_names(data, folders, found)
    count = sum(map(len, found.values()))
    if not found or (count < len(folders) and (count < 2 or "train" not in found)):
        stem, parts = with_a_stem(folders)
        return dict(parts) if are_all(stem, parts, folders) else {}
    twice = next((paths for paths in found.values() if len(paths) > 1), None)
    if twice:
        raise DatasetError(
            f"{data} must hold each part of a data set once, got {[path.name for path in twice]}; "
            "point at one of them"
        )
    return {part: paths[0] for part, paths in found.items()}


def _require_names(data: Path, folders: Sequence[Path], found: Mapping[Part, list[Path]]) -> None:
    """Refuse train/CLASS beside other/CLASS where the classes would be "train" and "other"."""
    if list(found) != ["train"]:
        return
    (train, *_), classes = found["train"], folder_names_in(found["train"][0])
    others = [path for path in folders if path not in found["train"]]
    alike = [
        path for path in others if len(own := folder_names_in(path, classes)) > 1 and own <= classes
    ]
    if others and alike == others:
        raise DatasetError(
            f"{data}: {', '.join(path.name for path in alike[:3])} must be called val (to judge "
            f"by) or test, or be moved away: {alike[0].name} holds the folders of {train.name} "
            f"({', '.join(sorted(classes)[:3])}), which are the classes"
        )


def parts_within_classes(data: Path) -> str:
    """A sentence where the classes hold the parts, or may be parts themselves, else ""."""
    folders = class_folders(data)
    names = [[inner.name for inner in class_folders(folder)] for folder in folders]
    within = [{part for name in inner if (part := part_called(name))} for inner in names]
    if len(within) < 2 or not all("train" in parts and len(parts) > 1 for parts in within):
        holders = [folder for folder, inner in zip(folders, names, strict=True) if inner]
        return _alike_within(data, folders, holders) or _set_within(data, holders)
    return (
        f"{data}: the folders of the classes hold parts ({', '.join(sorted(within[0]))}), which "
        "are read together; to keep them apart, let the parts hold the classes (train/CLASS, "
        "val/CLASS)"
    )


def _alike_within(data: Path, folders: Sequence[Path], holders: Sequence[Path]) -> str:
    """A sentence where all folders hold nearly the same folders: fold1/CLASS, fold2/CLASS.

    So where some do whose names are parts', and beside these others that may be classes.
    """
    within = [folder_names_in(folder) for folder in holders]
    first = next(iter(within), frozenset())
    alike = len(folders) == len(holders) > 1 < len(first) and all(
        mostly_in(names, first) for names in within
    )
    _, parts = with_a_stem(folders)
    called = folders if alike else list(parts.values())
    if not called or split_folders(data):
        return ""
    classes = sorted(first if alike else folder_names_in(parts["train"]))
    return (
        f"{data}: the folders {', '.join(folder.name for folder in called[:3])} hold the same "
        f"folders ({', '.join(classes[:3])}): if those are the classes and these parts, call these "
        "train and val, or point at one"
    )


def _set_within(data: Path, folders: Sequence[Path]) -> str:
    """A sentence where one of the folders is a data set with parts that hold classes, else ""."""
    for folder in folders:
        try:
            parts = split_folders(folder)
        except DatasetError:
            continue
        if "train" in parts and len(folder_names_in(parts["train"])) > 1:
            return (
                f"{data}: {folder.name} is no class but a data set with parts of its own "
                f"({', '.join(path.name for path in parts.values())}): point at {folder}"
            )
    return ""


def class_roots(parts: Mapping[Part, Path]) -> dict[Part, Path]:
    """Of every part the folder in which those of its classes lie, which may be a lone one in it."""
    classes = folder_names_in(parts["train"]) if "train" in parts else frozenset[str]()
    return {part: unwrapped(folder, classes) for part, folder in parts.items()}


def bare_parts(parts: Mapping[Part, Path]) -> dict[Part, str]:
    """Of the parts whose pictures nobody put into classes, beside one to train on, a sentence."""
    classes = folder_names_in(parts["train"]) if "train" in parts else frozenset[str]()
    return {
        part: f"{path}: its pictures lie in no folders of classes, so nothing can be judged by them"
        for part, path in parts.items()
        if classes and part != "train" and is_bare(path, classes)
    }


def to_train_and_judge(data: Path, validation: Path | None) -> tuple[Path, Path | None]:
    """The folders to learn from and to judge on, where `data` or `validation` is their parent.

    The part "test" is for after the training: without "val" the caller holds pictures out.

    Raises:
        DatasetError: `data` holds parts of a data set, none of them to train on.
    """
    parts = class_roots(split_folders(data)) if data.is_dir() else {}
    if parts and "train" not in parts:
        raise DatasetError(
            f"{data} must hold a folder to train on, got {[path.name for path in parts.values()]}"
        )
    if validation is None:
        validation = parts.get("val")
    elif validation.is_dir():
        others = class_roots(split_folders(validation))
        validation = others.get("val", others.get("test", validation))
    return parts.get("train", data), validation


def part_folder(split: str, parts: Mapping[Part, Path], data: Path) -> Path:
    """The folder of the part that `split` names.

    Raises:
        DatasetError: there is none.
    """
    wanted = part_called(split)
    found = [path for part, path in parts.items() if part == wanted or path.name == split]
    if not found:
        known = ", ".join(path.name for path in parts.values()) or "none"
        raise DatasetError(f"{data}: there is no split {split!r}; the splits are: {known}")
    return found[0]
