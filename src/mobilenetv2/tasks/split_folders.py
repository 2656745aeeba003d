"""Folders that are parts of a data set (train, val, test), not classes in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from mobilenetv2.tasks.find_pictures import class_folders

Part = Literal["train", "val", "test"]

WORDS: Mapping[str, Part] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What people call the parts of a data set, in any case."""


def part_called(name: str) -> Part | None:
    """The part that a name stands for, whatever its case; None for any other name."""
    return WORDS.get(name.strip().casefold())


def split_folders(data: Path) -> dict[Part, Path]:
    """The folders in `data` that are its parts; empty where they may be classes.

    They are parts if one of them is to train on and holds folders itself, or if there is no other
    folder and each holds folders. A class that happens to be called "train" holds pictures.
    """
    folders = class_folders(data)
    found: dict[Part, Path] = {}
    for folder in folders:
        part = part_called(folder.name)
        if part is not None:
            if part in found:
                return {}
            found[part] = folder
    nested = {part for part, folder in found.items() if class_folders(folder)}
    if nested != set(found):
        return {}
    return found if len(found) == len(folders) or ("train" in found and len(found) > 1) else {}
