"""What a person may call a part of a data set."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.tasks.part_names import Part, part_called

T = TypeVar("T")

LAYOUT = frozenset(
    {"annotations", "images", "jpegimages", "labels", "yolo-labels", "xmls", "imagesets", "main"}
)
"""Names of folders that say what lies in them, not which part of the data set."""


@dataclass(frozen=True, slots=True)
class ByName:
    """The first or last pictures in the order of their file names, letter by letter."""

    end: Literal["first", "last"]
    count: int

    def __str__(self) -> str:
        return f"{self.end} {self.count} by name"

    def among(self, paths: Iterable[PictureFile]) -> frozenset[PictureFile]:
        """The chosen ones.

        Raises:
            DatasetError: there are fewer.
        """
        ranked = sorted(paths, key=lambda path: (path.name, path))
        if len(ranked) < self.count:
            raise DatasetError(
                f"the split {self} needs {self.count} pictures, there are {len(ranked)}"
            )
        return frozenset(ranked[: self.count] if self.end == "first" else ranked[-self.count :])


def parse_by_name(split: str) -> ByName | None:
    """Understand "last 40", "last40", "last:40", "first 160 by name"; None for any other text."""
    found = re.fullmatch(r"(first|last)[ :_-]?([1-9]\d{0,8})( by name)?", split.strip())
    if not found:
        return None
    return ByName("first" if found[1] == "first" else "last", int(found[2]))


def folder_names(path: Path, root: Path) -> list[str]:
    """The folders between `root` and a file that may name a split."""
    folders = path.relative_to(root).parts[:-1]
    return [name for name in folders if name.casefold() not in LAYOUT]


def choose(split: str, parts: Mapping[str, T], where: Path) -> T:
    """The part called `split`: exactly, or but for case, a year behind it, or a synonym.

    Raises:
        DatasetError: none, or several; the message lists those there are.
    """
    if split in parts:
        return parts[split]
    found = [name for name in parts if _plainly(name) == _plainly(split)]
    if len(found) == 1:
        return parts[found[0]]
    known = ", ".join(sorted(parts)) if parts else "none"
    which = "several are called" if found else "there is no"
    raise DatasetError(
        f"{where}: {which} {split!r}; the splits are: {known}. "
        "Always possible: 'first N' and 'last N' by file name"
    )


def find_split_word(stem: str) -> str | None:
    """The first word that names a split, "train" of "train_labels"; None where there is none."""
    words = re.split(r"[^A-Za-z0-9]+", stem)
    return next((word for word in words if part_called(word)), None)


def usual_part(part: Part, names: Iterable[str]) -> str | None:
    """Of the names of splits the one that means "train" or "val"; the plainest, if several do."""
    meant = [name for name in names if part_called(name) == part]
    return min(meant, key=lambda name: (len(name), name), default=None)


def _plainly(name: str) -> str:
    plain = name.casefold().rstrip("0123456789_- ")
    return part_called(plain) or name.casefold()


def unique_identities(
    identities: Sequence[str], paths: Sequence[PictureFile], root: Path
) -> list[str]:
    """The same, but for pictures that share one: these are called by their path below `root`."""
    seen: dict[str, int] = {}
    for identity in identities:
        seen[identity] = seen.get(identity, 0) + 1
    return [
        identity if seen[identity] == 1 else _relative(path, root)
        for identity, path in zip(identities, paths, strict=True)
    ]


def _relative(path: PictureFile, root: Path) -> str:
    if isinstance(path, Member):
        return (path.parent / path.stem).as_posix()
    inside = path.relative_to(root) if path.is_relative_to(root) else path
    return inside.with_suffix("").as_posix()
