"""The few keys of a YOLO data set's YAML file, read strictly; everything else is skipped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.class_names import require_labels
from mobilenetv2.datasets.plain_yaml import MAX_YAML_BYTES, Value, read_plain_yaml
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text
from mobilenetv2.tasks.part_names import WORDS
from mobilenetv2.tasks.whole_numbers import whole_number

SPLITS = ("train", "val", "test")
_KEYS = {word: part for word, part in WORDS.items() if "eval" not in word}
"""What the parts' keys may be; `eval` is as often a switch."""

LONGEST_PATH = 4096
"""Letters. No file system takes a longer one."""


@dataclass(frozen=True, slots=True)
class YoloDescription:
    """What a `data.yaml` says."""

    file: Path
    labels: tuple[str, ...]
    """By class id."""
    root: str
    """The key `path`, "" where there is none."""
    entries: dict[str, tuple[str, ...]]
    """"train", "val", "test" to folders or list files, as written."""
    key_points: tuple[int, int] | None = None
    """`kpt_shape`: how many points follow a box, and numbers a point (2 or 3)."""
    count: int | None = None
    """`nc`: classes, as stated."""


def read_yolo_yaml(file: Path) -> YoloDescription:
    """Read `names`, `path`, `train`, `val`, `test`, `kpt_shape` and `nc`.

    `names` is a list, or a mapping from 0, 1 ... Where a part has no key of its own, others of its
    names count: `valid`, `validation` and `dev` for `val`.

    Raises:
        DatasetError: unreadable, no `names`, ids that do not run from 0, or a value of another
            kind; the message names the file.
    """
    content = read_plain_yaml(file)
    try:
        if "names" not in content:
            raise ValueError("the key 'names' must hold the classes, got no such key")
        labels = _labels(content["names"])
        entries = _entries(content)
        root = _paths(content["path"]) if "path" in content else ()
        key_points = _key_points(content["kpt_shape"]) if "kpt_shape" in content else None
        stated = content.get("nc")
        count = whole_number(stated) if isinstance(stated, str) else None
    except ValueError as error:
        raise DatasetError(f"{file}: {error}") from error
    filled = {key: got for key, got in entries.items() if got}
    return YoloDescription(file, labels, root[0] if root else "", filled, key_points, count)


def _entries(content: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """Of each part where it lies, by its own key, else by the first of its other names."""
    entries: dict[str, tuple[str, ...]] = {}
    for key in sorted(content, key=lambda key: key not in SPLITS):
        part = _KEYS.get(key.casefold())
        if part is not None and part not in entries:
            entries[part] = _paths(content[key])
    return {part: entries[part] for part in SPLITS if part in entries}


def has_names(file: Path) -> bool:
    """Whether a YAML file has the key `names` at its outermost level."""
    if file.stat().st_size > MAX_YAML_BYTES:
        return False
    text = as_text(file.read_bytes(), "replace")
    return re.search(r"^[\"']?names[\"']?\s*:", text, re.MULTILINE) is not None


def _labels(value: Value) -> tuple[str, ...]:
    match value:
        case list():
            labels = tuple(_text(item, "a class's name") for item in value)
        case dict():
            by_id = {whole_number(key): item for key, item in value.items()}
            if None in by_id or set(by_id) != set(range(len(value))):
                raise ValueError(
                    f"the ids of names must run from 0 to {len(value) - 1}, "
                    f"got {[key[:20] for key in list(value)[:9]]}; give a number that no box has "
                    "a name as well, such as 'unused'"
                )
            labels = tuple(_text(by_id[index], "a class's name") for index in range(len(value)))
        case _:
            raise ValueError(f"names must be a list or a mapping, got {value!r:.60}")
    require_labels(labels, "names")
    return labels


def _paths(value: Value) -> tuple[str, ...]:
    match value:
        case str():
            found = [value] if value not in ("", "null", "~") else []
        case list():
            found = [_text(item, "a path") for item in value]
        case _:
            raise ValueError(f"a path must be text or a list of texts, got {value!r:.60}")
    for path in found:
        if len(path) > LONGEST_PATH or "\0" in path:
            raise ValueError(f"a path may have {LONGEST_PATH:,} letters, got {path!r:.60}")
    return tuple(found)


def _key_points(value: Value) -> tuple[int, int]:
    numbers = [whole_number(item) for item in value] if isinstance(value, list) else []
    match numbers:
        case [int(points), int(columns)] if points >= 1 and columns in (2, 3):
            return points, columns
        case _:
            raise ValueError(
                "kpt_shape must be [points, 2] (x, y) or [points, 3] (x, y, visible), "
                f"got {value!r:.60}"
            )


def _text(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} must be plain text, got {value!r:.60}")
    return value.strip()
