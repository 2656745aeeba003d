"""A data set in shards: its parts by their names, its samples, and what its classes are called."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text
from mobilenetv2.shards.index import Index
from mobilenetv2.shards.look_through import Progress, index_of, nobody
from mobilenetv2.shards.names import find_shards
from mobilenetv2.shards.place import is_url, mark, read_at
from mobilenetv2.tasks.part_names import Part, part_called

CLASS_FILES = ("classes.txt", "classnames.txt")
"""Beside shards: the classes' names in the order of their numbers, one a line. The second is what
the benchmarks of CLIP have."""

WHOLE = "data"
"""What shards are called that are no part of anything: "data-000000.tar"."""

_MOST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class ShardSet:
    """A data set, or a part of it."""

    index: Index
    name: str
    """The folder's and the shards' own: "shards/train"."""
    classes: tuple[str, ...]
    """Of the file beside the shards; empty where there is none."""


def shard_parts(data: str | os.PathLike[str]) -> dict[Part, tuple[str, ...]]:
    """Shards by the part that is in their names, "train" of "train-000123.tar".

    Empty where all are of one part, or a shard is of none: then they are one whole.

    Raises:
        DatasetError: as `names.find_shards`.
    """
    found: dict[Part, list[str]] = {}
    for shard in find_shards(data):
        part = _part_of(shard)
        if part is None:
            return {}
        found.setdefault(part, []).append(shard)
    return {part: tuple(shards) for part, shards in found.items()} if len(found) > 1 else {}


def part_to_learn(data: str | os.PathLike[str]) -> str | None:
    """The part of shards that is learnt from; None where they have no parts.

    Raises:
        DatasetError: parts, and none of them to train on.
    """
    parts = shard_parts(data)
    if parts and "train" not in parts:
        raise DatasetError(f"{data} must hold shards to train on, got {', '.join(parts)} alone")
    return "train" if parts else None


def open_shards(
    data: str | os.PathLike[str], split: str | None = None, progress: Progress = nobody
) -> ShardSet:
    """Look through shards, or through those of a part.

    Args:
        data: as for `names.find_shards`.
        split: a part; None: all.
        progress: told of the shards that are looked through.

    Raises:
        DatasetError: as `look_through.index_of`, or no such part.
    """
    shards = find_shards(data)
    if split is not None:
        shards = _chosen(split, shard_parts(data), data)
    folder = shards[0].rpartition("/")[0]
    return ShardSet(index_of(shards, progress), _name(shards), _classes(folder))


def _chosen(
    split: str, parts: Mapping[Part, tuple[str, ...]], data: str | os.PathLike[str]
) -> tuple[str, ...]:
    part = part_called(split)
    if part is None or part not in parts:
        known = ", ".join(parts) or "none"
        raise DatasetError(
            f"{os.fspath(data)}: there is no split {split!r}; by the shards' names the splits are: "
            f"{known}"
        )
    return parts[part]


def _part_of(shard: str) -> Part | None:
    words = re.split(r"[\W\d_]+", Path(shard).stem)
    return next(filter(None, map(part_called, filter(None, words))), None)


def _name(shards: tuple[str, ...]) -> str:
    """Of the folder and the shards, where these are called alike but for a number."""
    folder, _, _ = shards[0].rpartition("/")
    folder = folder.rpartition("/")[2] if is_url(shards[0]) else Path(folder).resolve().name
    stems = {re.sub(r"[\W\d_]+$", "", Path(shard).stem) for shard in shards} - {"", WHOLE}
    return f"{folder}/{stems.pop()}" if len(stems) == 1 else folder


def _classes(folder: str) -> tuple[str, ...]:
    for name in CLASS_FILES:
        place = f"{folder}/{name}" if folder else name
        try:
            size = mark(place).size
        except DatasetError:
            continue
        if size > _MOST_BYTES:
            raise DatasetError(f"{place}: a list of classes may have {_MOST_BYTES:,} bytes")
        try:
            text = as_text(read_at(place, 0, size))
        except UnicodeDecodeError as error:
            raise DatasetError(f"{place} must be text, one class a line: {error}") from error
        return tuple(line.strip() for line in text.rstrip().splitlines())
    return ()
