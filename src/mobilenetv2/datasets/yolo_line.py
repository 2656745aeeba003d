"""One line of a YOLO label file: a class and a box, a polygon, or a box with key points."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from mobilenetv2.reading import as_text

MAX_SHARE = 2.0
"""Coordinates beyond are no shares of a picture: somebody wrote pixels."""

Corners = tuple[float, float, float, float]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(nan|inf)", re.ASCII | re.I)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class LineFormat:
    """What the description says of every line."""

    labels: Sequence[str] = ()
    key_points: tuple[int, int] | None = None
    """`kpt_shape`: points behind each box and numbers a point."""
    ids: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", {name: index for index, name in enumerate(self.labels)})

    def parse(self, line: str) -> tuple[int, Corners]:
        """Class id and (left, top, right, bottom) in shares; ValueError with the reason.

        A class is a number, or one of the labels as some tools write it. Words are parted by
        spaces, commas, semicolons or tabs.
        """
        index, numbers = self._class_and_numbers(_words(line), line)
        if not all(isfinite(number) and abs(number) <= MAX_SHARE for number in numbers):
            raise ValueError(
                f"coordinates must be shares of the picture, 0 to 1, got {line[:60]!r}"
            )
        if self.key_points is not None and len(numbers) > 5:
            points, columns = self.key_points
            if len(numbers) != 4 + points * columns:
                raise ValueError(
                    f"kpt_shape {[points, columns]} asks for 4 + {points} x {columns} numbers, "
                    f"got {len(numbers)}"
                )
            return index, _box(numbers[:4])
        if len(numbers) in (4, 5):
            return index, _box(numbers[:4])
        if len(numbers) >= 6 and _like_key_points(numbers):
            raise ValueError(
                "this looks like a box with key points (x, y, 0 to 2); say so in the YAML file: "
                f"kpt_shape: [{(len(numbers) - 4) // 3}, 3]"
            )
        if len(numbers) >= 6 and len(numbers) % 2 == 0:
            xs, ys = numbers[::2], numbers[1::2]
            return index, (min(xs), min(ys), max(xs), max(ys))
        raise ValueError(f"a box needs a class id and 4 numbers, got {len(numbers)} numbers")

    def _class_and_numbers(self, words: Sequence[str], line: str) -> tuple[int, list[float]]:
        behind = 0
        while behind < len(words) and _NUMBER.fullmatch(words[-1 - behind]):
            behind += 1
        if behind == len(words) > 0:
            index = float(words[0])
            if not (isfinite(index) and index == int(index) and index >= 0):
                raise ValueError(f"a class id must be a whole number from 0, got {words[0][:20]}")
            return int(index), [float(word) for word in words[1:]]
        # A name may hold spaces and end in a number: "traffic light", "class 1".
        for begin in range(len(words) - behind, len(words) - 3):
            name = " ".join(words[:begin]).strip("\"'")
            if name in self.ids:
                return self.ids[name], [float(word) for word in words[begin:]]
        raise ValueError(
            f"a line must hold numbers alone, or one of the labels and numbers, got {line[:60]!r}"
        )


def begins_with_box(file: Path, labels: Sequence[str] = ()) -> bool:
    """Whether a text file's first line is a box: so lists and notes are told from label files."""
    with file.open("rb") as content:
        lines = as_text(content.read(4096), "replace").splitlines()
    try:
        LineFormat(labels).parse(lines[0] if lines else "")
    except ValueError:
        return False
    return True


def _words(line: str) -> list[str]:
    words = line.split()
    if "." not in line and len(words) > 4 and any(map(_DECIMAL_COMMA.fullmatch, words)):
        return [word.replace(",", ".") for word in words]
    return [word for word in re.split(r"[\s,;]+", line) if word]


def _box(numbers: Sequence[float]) -> Corners:
    x, y, width, height = numbers
    if min(width, height) < 0:
        raise ValueError(f"width and height must not be negative, got {width:g}, {height:g}")
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _like_key_points(numbers: Sequence[float]) -> bool:
    """Whether every third number behind a box says "not there, hidden, visible", and one does."""
    flags = numbers[6::3]
    return (len(numbers) - 4) % 3 == 0 and set(flags) <= {0, 1, 2} and 2 in flags
