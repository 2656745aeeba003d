"""Names of numbered classes, from a JSON file beside the table that has the numbers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.tasks.whole_numbers import whole_number

MAX_BYTES = 1_000_000
"""Of a file that may name classes."""


@dataclass(frozen=True, slots=True)
class NumberNames:
    """What a table's numbers are called."""

    of: Mapping[str, str]
    """Of each number as the table writes it the name; empty where nothing names all of them."""
    notes: tuple[str, ...] = ()
    """Where names are from, in a sentence."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names in the order of their numbers."""
        numbers = sorted(self.of, key=lambda value: whole_number(value) or 0)
        return tuple(dict.fromkeys(self.of[number] for number in numbers))


NOBODY = NumberNames({})


def number_names(table: Path, values: Iterable[str], known: Sequence[str] = ()) -> NumberNames:
    """Look beside a table of numbered classes for `{"0": "name", ...}`, or `{"name": 0, ...}`.

    Args:
        table: its folder's .json files are looked at.
        values: the classes of the table, numbers or not.
        known: a model's labels; names that are not all among them are not taken. None: any are.
    """
    used = set(values)
    numbers = {value: number for value in used if (number := whole_number(value)) is not None}
    if not used or len(numbers) < len(used):
        return NOBODY
    found: dict[Path, dict[str, str]] = {}
    for file in sorted(table.parent.glob("*.json")):
        all_names = _names_in(file)
        if all_names and set(numbers.values()) <= set(all_names):
            found[file] = {value: all_names[number] for value, number in numbers.items()}
    labels = set(map(loosely, known))
    if known:
        found = {
            file: names
            for file, names in found.items()
            if {loosely(name) for name in names.values()} <= labels
        }
    if not found:
        return NOBODY
    file, names = next(iter(found.items()))
    if any(other != names for other in found.values()):
        files = " and ".join(path.name for path in found)
        return NumberNames({}, (f"{table}: {files} name its classes differently: neither counts",))
    first = min(names, key=lambda value: numbers[value])
    return NumberNames(
        names,
        (f"{table}: its classes have numbers, which {file.name} names: {first} is "
         f"{names[first]!r:.60}",),
    )  # fmt: skip


def _names_in(file: Path) -> dict[int, str]:
    """A file's names by number; empty for a file of something else."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return {}
        content: object = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or not content:
        return {}
    pairs = [
        (whole_number(key), value) if isinstance(value, str) else (value, key)
        for key, value in content.items()
    ]
    names = {number: name.strip() for number, name in pairs if type(number) is int}
    whole = len(names) == len(content) and all(map(_is_text, names.values()))
    return names if whole and len(set(names.values())) == len(names) else {}


def _is_text(name: str) -> bool:
    """Whether it can be written to a file: JSON may have halves of letters."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False
