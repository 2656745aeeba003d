"""The few keys of a YOLO data set's YAML file, read strictly; everything else is skipped."""

import re
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError

SPLITS = ("train", "val", "test")

MAX_YAML_BYTES = 4_000_000

_KEY = re.compile(r"""^(?P<key>"[^"]*"|'[^']*'|[^\s:#"'\[{][^:#]*?)\s*:(?:\s+(?P<value>.*))?$""")


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


def read_yolo_yaml(file: Path) -> YoloDescription:
    """Read `names`, `path`, `train`, `val` and `test`.

    `names` is a list or a mapping from 0, 1 ..., on one line, over several, or one item a line.

    Raises:
        DatasetError: unreadable, no `names`, ids that do not run from 0, or a value in a form
            that this reader does not know (anchors, tags, block texts), with the line.
    """
    if file.stat().st_size > MAX_YAML_BYTES:
        raise DatasetError(f"{file}: a description may have {MAX_YAML_BYTES:,} bytes, not more")
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} cannot be read as YAML: {error}") from error
    try:
        sections = _sections(lines)
        if "names" not in sections:
            raise ValueError("the key 'names' must hold the classes, got no such key")
        labels = _labels(_value(sections["names"]))
        entries = {key: _paths(_value(sections[key])) for key in SPLITS if key in sections}
        root = _paths(_value(sections["path"])) if "path" in sections else ()
    except ValueError as error:
        raise DatasetError(f"{file}: {error}") from error
    return YoloDescription(
        file, labels, root[0] if root else "", {key: got for key, got in entries.items() if got}
    )


def has_names(file: Path) -> bool:
    """Whether a YAML file has the key `names` at its outermost level."""
    if file.stat().st_size > MAX_YAML_BYTES:
        return False
    text = file.read_text("utf-8-sig", errors="replace")
    return re.search(r"^[\"']?names[\"']?\s*:", text, re.MULTILINE) is not None


Value = str | list[str] | dict[str, str]


def _sections(lines: list[str]) -> dict[str, list[str]]:
    """Every outermost key with the lines of its value, comments and blank lines gone."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for raw in lines:
        line = _without_comment(raw)
        if not line.strip() or line.strip() in ("---", "..."):
            continue
        found = None if line[0] in " \t-]}" else _KEY.match(line)
        if found:
            current = [found["value"] or ""]
            sections[_plain(found["key"])] = current
        else:
            current.append(line)
    return sections


def _without_comment(line: str) -> str:
    quote = ""
    for index, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and (index == 0 or line[index - 1] in " \t[{,:"):
            quote = letter
        elif letter == "#" and (index == 0 or line[index - 1] in " \t"):
            return line[:index].rstrip()
    return line.rstrip()


def _value(lines: list[str]) -> Value:
    """A section as text, list or mapping."""
    first, rest = lines[0].strip(), lines[1:]
    if first[:1] in ("[", "{"):
        return _flow(" ".join([first, *(line.strip() for line in rest)]))
    if first:
        if rest or first[0] in "&*!|>":
            raise ValueError(f"a value must be plain text, a list or a mapping, got {first!r}")
        return _plain(first)
    items = [line.strip() for line in rest]
    if all(item.startswith("- ") for item in items):
        return [_plain(item[2:]) for item in items]
    return dict(_pair(item) for item in items)


def _flow(text: str) -> Value:
    """`[a, "b, c"]` or `{0: a, 1: b}`."""
    closing = "]" if text[0] == "[" else "}"
    if not text.endswith(closing):
        raise ValueError(f"{text[:40]!r} must end with {closing!r}")
    items = _split(text[1:-1])
    if closing == "]":
        return [_plain(item) for item in items]
    return dict(_pair(item) for item in items)


def _split(text: str) -> list[str]:
    """What stands between commas, quoted commas not counted; empty items are gone."""
    items, quote = [""], ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and items[-1].rstrip()[-1:] in ("", ":"):
            quote = letter
        elif letter == ",":
            items.append("")
            continue
        items[-1] += letter
    return [item.strip() for item in items if item.strip()]


def _pair(item: str) -> tuple[str, str]:
    found = _KEY.match(item)
    if not found or not found["value"]:
        raise ValueError(f"a mapping's item must read 'key: value', got {item!r}")
    return _plain(found["key"]), _plain(found["value"])


def _plain(text: str) -> str:
    text = text.strip()
    if text[:1] in ("[", "{", "&", "*", "!", "|", ">"):
        raise ValueError(f"a list's or mapping's item must be plain text, got {text!r}")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1]
        return inner.replace("''", "'") if text[0] == "'" else inner.replace('\\"', '"')
    return text


def _labels(value: Value) -> tuple[str, ...]:
    match value:
        case list():
            labels = tuple(value)
        case dict():
            if sorted(value) != sorted(str(index) for index in range(len(value))):
                raise ValueError(
                    f"the ids of names must run from 0 to {len(value) - 1}, got {list(value)[:9]}"
                )
            labels = tuple(value[str(index)] for index in range(len(value)))
        case _:
            raise ValueError(f"names must be a list or a mapping, got {value!r}")
    if not labels or "" in labels or len(set(labels)) < len(labels):
        raise ValueError(f"names must be at least one, not empty and no two the same: {labels}")
    return labels


def _paths(value: Value) -> tuple[str, ...]:
    match value:
        case str():
            return (value,) if value not in ("", "null", "~") else ()
        case list():
            return tuple(value)
        case _:
            raise ValueError(f"a path must be text or a list of texts, got {value!r}")
