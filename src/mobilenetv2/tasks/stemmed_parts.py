"""Folders that are parts of a data set by a word in their names: seg_train, seg_test."""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from mobilenetv2.tasks.find_pictures import LeftAside, class_folders, looks_like_picture, walk
from mobilenetv2.tasks.part_names import Part, has_words, stem_and_part


def unwrapped(folder: Path, classes: Set[str] = frozenset()) -> Path:
    """Where a folder's classes lie: in it, or in a lone folder in it, as archives unpack to.

    Args:
        folder: a part of a data set, or all of it.
        classes: names of folders that are classes, not wrappers of them.
    """
    inner = folder
    # Not a function that calls itself: folders may be nested deeper than Python's stack.
    while len(found := class_folders(inner)) == 1:
        if found[0].name in classes or found[0].is_symlink() or _holds_pictures(inner):
            return folder
        inner = found[0]
    return inner if found and not _holds_pictures(inner) else folder


def lying_deeper(data: Path) -> str:
    """Half a sentence on where a folder's classes lie if all it holds is one folder, else ""."""
    inner = data
    while len(found := class_folders(inner)) == 1 and not found[0].is_symlink():
        inner = found[0]
    return f"the classes seem to lie in {inner}: point at it" if inner != data and found else ""


def folder_names_in(folder: Path, classes: Set[str] = frozenset()) -> frozenset[str]:
    """What seem to be the classes' names in a folder that may be a part; as `unwrapped`."""
    return frozenset(path.name for path in class_folders(unwrapped(folder, classes)))


def is_bare(part: Path, classes: Set[str]) -> bool:
    """Whether a part holds pictures that nobody put into classes, in one folder at most.

    Args:
        part: one to judge on or to test.
        classes: names in the part to train on.
    """
    names = folder_names_in(part, classes)
    lone = len(names) == 1 and names.isdisjoint(classes)
    return not names or (lone and not class_folders(class_folders(part)[0]))


def mostly_in(names: Set[str], classes: Set[str]) -> bool:
    """Whether half of the names or more are classes."""
    return bool(names) and 2 * len(names & classes) >= len(names)


def with_a_stem(folders: Sequence[Path]) -> tuple[tuple[str, ...], Mapping[Part, Path]]:
    """Of folders beside each other those that are parts by name and by what they hold, else none.

    Their names are the same but for the word of a part, one trains and holds two folders or more;
    every other one holds folders of these names, or pictures alone.

    Returns:
        The words that the names share, and the parts.
    """
    groups: dict[tuple[str, ...], list[tuple[Part, Path]]] = {}
    for folder in folders:
        named = stem_and_part(folder.name)
        if named is not None:
            groups.setdefault(named[0], []).append((named[1], folder))
    found = [(stem, parts) for stem, those in groups.items() if (parts := _parts(those))]
    return found[0] if len(found) == 1 else ((), {})


def are_all(stem: tuple[str, ...], parts: Mapping[Part, Path], folders: Sequence[Path]) -> bool:
    """Whether no folder beside the parts may be a class: of another name, with pictures."""
    others = [folder for folder in folders if folder not in parts.values()]
    return all(has_words(folder.name, stem) or not _has_picture(folder) for folder in others)


def _parts(those: Sequence[tuple[Part, Path]]) -> dict[Part, Path]:
    parts = dict(those)
    if len(those) < 2 or len(parts) < len(those) or "train" not in parts:
        return {}
    classes = folder_names_in(parts["train"])
    others = [path for part, path in parts.items() if part != "train"]
    fit = all(
        is_bare(path, classes) or mostly_in(folder_names_in(path, classes), classes)
        for path in others
    )
    return parts if fit and len(classes) > 1 else {}


def _holds_pictures(folder: Path) -> bool:
    return any(looks_like_picture(path.name) for path in folder.iterdir())


def _has_picture(folder: Path) -> bool:
    return any(not isinstance(item, LeftAside) for item in walk(folder))
