"""Shards of pictures with one right answer each: a number or a name in KEY.cls or KEY.json."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.index import Members
from mobilenetv2.shards.look_through import Progress, nobody
from mobilenetv2.tasks.shard_set import CLASS_FILES, ShardSet, open_shards
from mobilenetv2.tasks.table_columns import INDEX_COLUMNS, LABEL_COLUMNS
from mobilenetv2.tasks.whole_numbers import whole_number

_JSON_KEYS = (*INDEX_COLUMNS, *LABEL_COLUMNS, "cls")
"""Under which a KEY.json may keep the class, the likeliest first."""


@dataclass(frozen=True, slots=True)
class LabeledShards:
    """Pictures in shards and what is written of each."""

    pictures: Members
    values: tuple[str, ...]
    """A class's name or its number, as written."""
    name: str
    classes: tuple[str, ...]
    """Names of the numbers; empty where nobody wrote them down."""
    notes: tuple[str, ...]
    """What was left aside."""

    @property
    def numbers(self) -> Sequence[int] | None:
        """The values, if all are whole numbers."""
        known = {value: whole_number(value) for value in set(self.values)}
        if None in known.values():
            return None
        return array("q", [known[value] or 0 for value in self.values])


def read_shards(data: Path, split: str | None = None, progress: Progress = nobody) -> LabeledShards:
    """Look through shards and read every sample's class.

    Raises:
        DatasetError: as `shard_set.open_shards`, or a picture without a class.
    """
    shards = open_shards(data, split, progress)
    index = shards.index
    values = tuple(_value(text, is_json) for text, is_json in index.labels())
    if "" in values:
        raise DatasetError(_without(shards, values))
    return LabeledShards(index.pictures(), values, shards.name, shards.classes, index.notes)


def learnt_classes(shards: LabeledShards, least: int = 2) -> tuple[tuple[str, ...], Sequence[int]]:
    """The classes that shards teach, and of each picture the class.

    Numbers are places in the file of classes; without one they are called "class 0" and so on.
    Names are the classes, in the file's order or sorted.

    Raises:
        DatasetError: fewer than `least` classes, one that the file lacks, or a number beyond it.
    """
    numbers = shards.numbers
    if numbers is not None:
        most = max(numbers)
        labels = shards.classes or tuple(f"class {place}" for place in range(most + 1))
        if most >= len(labels):
            raise DatasetError(
                f"{shards.name}: a class's number must be below the {len(labels)} lines of "
                f"{CLASS_FILES[0]} beside the shards, got {most}"
            )
        targets = numbers
    else:
        labels = shards.classes or tuple(sorted(set(shards.values)))
        places = {label: place for place, label in reversed(list(enumerate(labels)))}
        missing = sorted(set(shards.values) - set(places))
        if missing:
            raise DatasetError(
                f"{shards.name}: {CLASS_FILES[0]} beside the shards must name every class, it "
                f"lacks {len(missing)}: {missing[:5]}"
            )
        targets = array("q", [places[value] for value in shards.values])
    if len(labels) < least:
        raise DatasetError(f"{shards.name} must hold at least {least} classes, got {list(labels)}")
    return labels, targets


def _value(text: bytes, is_json: bool) -> str:
    """A class as it is written; empty where nothing is."""
    plain = text.decode("utf-8", "replace").strip()
    if not is_json or not plain:
        return plain
    try:
        content = json.loads(plain)
    # Nested to the bottom of the stack it is no label.
    except (ValueError, RecursionError):
        return ""
    if isinstance(content, dict):
        content = next((content[key] for key in _JSON_KEYS if key in content), "")
    return str(content).strip() if isinstance(content, str | int) else ""


def _without(shards: ShardSet, values: Sequence[str]) -> str:
    first = shards.index.picture(values.index(""))
    many = sum(not value for value in values)
    return (
        f"{first}: every picture needs its class, a number or a name in KEY.cls, or under "
        f"{_JSON_KEYS[5]!r} in KEY.json; {many} of {len(values)} have none. Pictures without any "
        "class need a --teacher; lists of labels a model of several labels (--multi-label)"
    )
