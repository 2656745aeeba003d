"""Tables of colors: which color in a mask is which class."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text, reading
from mobilenetv2.tasks.whole_numbers import whole_number

Color = tuple[int, int, int]
"""(red, green, blue), each 0 to 255."""

VOID_NAMES = frozenset({"void", "ignore", "ignored", "unlabeled", "unlabelled", "unknown"})
"""Rows with such a name are colors to be ignored, not classes."""

IGNORED = 255


@dataclass(frozen=True, slots=True)
class ColorTable:
    """The classes of a data set whose masks are in colors."""

    labels: tuple[str, ...]
    """In the order of the file, those of `VOID_NAMES` left out."""
    ids: Mapping[Color, int]
    """Color to index into `labels`, or 255."""
    void: tuple[str, ...] = ()
    """The names that were left out, as the file has them."""


def read_colors(file: Path) -> ColorTable:
    """Read lines of `name,red,green,blue`, `red green blue name` (CamVid's own) or CVAT's labelmap.

    A first line without numbers is a heading. Several colors may share one name.

    Raises:
        DatasetError: unreadable, a line in another form, or one color for two classes.
    """
    with reading(file, DatasetError):
        return _read_colors(file)


def _read_colors(file: Path) -> ColorTable:
    try:
        lines = as_text(file.read_bytes()).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} cannot be read as a table of colors: {error}") from error
    labels: dict[str, int] = {}
    ids: dict[Color, int] = {}
    left_out: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        row = _parse(_cvat(line))
        if row is None:
            if number == 1 and not re.search(r"\d", line):
                continue
            raise DatasetError(
                f"{file}, line {number}: a color must read 'name,red,green,blue' or "
                f"'red green blue name', each 0 to 255, got {line!r:.80}"
            )
        name, color = row
        void = name.casefold() in VOID_NAMES
        if void:
            left_out[name] = None
        index = IGNORED if void else labels.setdefault(name, len(labels))
        if ids.setdefault(color, index) != index:
            raise DatasetError(f"{file}, line {number}: the color {color} stands for two classes")
    if not labels or len(labels) > IGNORED:
        raise DatasetError(
            f"{file} must name 1 to 255 classes with their colors, got {len(labels)}"
        )
    return ColorTable(tuple(labels), ids, tuple(left_out))


def _parse(line: str) -> tuple[str, Color] | None:
    words = [word.strip() for word in re.split(r"[,;\t]", line) if word.strip()]
    if len(words) < 4:
        # CamVid's own: "64 128 64\t\tAnimal"; a name may hold spaces.
        words = line.replace(",", " ").split()
        if len(words) > 4:
            first = words[:3] if all(word.isdecimal() for word in words[:3]) else words[-3:]
            rest = words[3:] if first == words[:3] else words[:-3]
            words = [*first, " ".join(rest)]
    if len(words) != 4:
        return None
    name, numbers = (words[3], words[:3]) if words[0].isdecimal() else (words[0], words[1:])
    found = [whole_number(word) for word in numbers]
    match found:
        case [int(red), int(green), int(blue)] if max(red, green, blue) <= 255:
            return name, (red, green, blue)
        case _:
            return None


def _cvat(line: str) -> str:
    """CVAT's labelmap.txt, `name:red,green,blue:parts:actions`, as a line of ours."""
    words = line.split(":")
    return f"{words[0]},{words[1]}" if len(words) == 4 and words[1].count(",") == 2 else line
