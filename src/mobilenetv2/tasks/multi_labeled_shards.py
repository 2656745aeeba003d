"""Shards of pictures with none, one or several labels each: a list of them in KEY.json."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.look_through import Progress, nobody
from mobilenetv2.tasks.label_table import LIST_COLUMNS, LabelRows
from mobilenetv2.tasks.shard_set import CLASS_FILES, ShardSet, open_shards
from mobilenetv2.tasks.table_columns import INDEX_COLUMNS, LABEL_COLUMNS
from mobilenetv2.tasks.whole_numbers import whole_number

_JSON_KEYS = (*LIST_COLUMNS, *LABEL_COLUMNS, *INDEX_COLUMNS, "cls")
"""Under which a KEY.json may keep labels, the likeliest first."""


def holds_lists(data: Path) -> bool:
    """Whether labels are written as a list of any picture in shards.

    Raises:
        DatasetError: as `shard_set.open_shards`.
    """
    return any(
        is_json and b"[" in text and isinstance(_content(text), list)
        for text, is_json in open_shards(data).index.labels()
    )


def read_label_shards(
    data: Path, split: str | None = None, known: Sequence[str] = (), progress: Progress = nobody
) -> LabelRows:
    """Every sample's labels: those of a list in KEY.json, or the one in KEY.cls or KEY.json.

    Args:
        data: shards, as `names.find_shards` has it.
        split: a part; None: all.
        known: a model's labels, which numbers mean where no file beside the shards names them.
        progress: told of the shards that are looked through.

    Raises:
        DatasetError: as `shard_set.open_shards`; a picture of which nothing is said, an empty list
            being something; a number beyond the names, or a name that the file lacks.
    """
    shards = open_shards(data, split, progress)
    found = [_labels(text, is_json) for text, is_json in shards.index.labels()]
    silent = [place for place, labels in enumerate(found) if labels is None]
    if silent:
        raise DatasetError(
            f"{shards.index.picture(silent[0])}: every picture needs its labels, a list under "
            f"{LIST_COLUMNS[0]!r} in KEY.json, empty where it has none; of {len(silent)} of "
            f"{len(found)} nothing is said"
        )
    written = [labels or () for labels in found]
    used = tuple(sorted({label for labels in written for label in labels}))
    meant, classes = _named(used, shards, known)
    labels = tuple(tuple(dict.fromkeys(meant[one] for one in some)) for some in written)
    return LabelRows(shards.index.pictures(), labels, classes, shards.index.notes, shards.name)


def _named(
    used: Sequence[str], shards: ShardSet, known: Sequence[str]
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """What each label is called, and all labels there are."""
    numbers = [whole_number(label) for label in used]
    places = [number for number in numbers if number is not None]
    if len(places) < len(used):
        missing = sorted(set(used) - set(shards.classes or used))
        if missing:
            raise DatasetError(
                f"{shards.name}: {CLASS_FILES[0]} beside the shards must name every label, it "
                f"lacks {len(missing)}: {missing[:5]}"
            )
        return {label: label for label in used}, shards.classes or tuple(used)
    most = max(places, default=-1)
    names = shards.classes or tuple(known) or tuple(f"class {n}" for n in range(most + 1))
    if most >= len(names):
        raise DatasetError(
            f"{shards.name}: a label's number must be below the {len(names)} names that are known "
            f"({CLASS_FILES[0]} beside the shards, or a model's), got {most}"
        )
    return {label: names[place] for label, place in zip(used, places, strict=True)}, names


def _labels(text: bytes, is_json: bool) -> tuple[str, ...] | None:
    """Labels as they are written, each once; None where nothing is said."""
    content = _content(text) if is_json else text.decode("utf-8", "replace")
    some = content if isinstance(content, list) else [content]
    if not all(isinstance(one, str | int) for one in some):
        return None
    names = [str(one).strip() for one in some]
    return None if "" in names else tuple(dict.fromkeys(names))


def _content(text: bytes) -> object:
    """What a KEY.json says of labels; None: nothing."""
    try:
        content = json.loads(text.decode("utf-8", "replace"))
    # Nested to the bottom of the stack it is no label.
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict):
        return next((content[key] for key in _JSON_KEYS if key in content), None)
    return content
