"""YOLO: a YAML file names the classes, one text file a picture holds its boxes as shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture

LABEL_FOLDERS = ("labels", "yolo-labels", "yolo_labels", "labels-yolo", "yolo")
"""What may stand in a path where the pictures' has "images"."""

MAX_SHARE = 2.0
"""Coordinates beyond are no shares of a picture: somebody wrote pixels."""

MAX_TEXT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class _Lines:
    boxes: tuple[WrittenBox, ...]
    unknown: dict[int, int]
    """Class ids beyond the labels, and how many boxes have them."""
    troubles: tuple[str, ...]


def read_yolo(pictures: Sequence[Path], labels: tuple[str, ...], root: Path) -> Written:
    """Read the text files that belong to `pictures`; a picture without one has no boxes.

    A line is `class x y width height` (the center, in shares of the picture's sides), optionally
    with a confidence behind; or `class x y x y x y ...`, a polygon, of which the hull is taken.

    Args:
        pictures: of the data set or split.
        labels: by class id.
        root: the data set's folder, where label folders are looked for.
    """
    found: list[WrittenPicture] = []
    findings: list[Finding] = []
    for path in pictures:
        text = label_file(path, root)
        if text is None:
            found.append(WrittenPicture(path, path.stem, (), in_shares=True))
            continue
        try:
            lines = _read_lines(text, labels)
        except ValueError as error:
            # An unreadable file is not the same as an empty one: the picture may be full.
            findings.append(Finding("annotation unreadable", path, f"{text}: {error}"))
            continue
        for index, boxes in lines.unknown.items():
            detail = f"class id {index} in {text.name}, the labels end at {len(labels) - 1}"
            findings.append(Finding("unknown class", path, detail, boxes))
        if lines.troubles:
            detail = f"{text}: {'; '.join(lines.troubles[:5])}"
            findings.append(Finding("annotation unreadable", path, detail, len(lines.troubles)))
        found.append(WrittenPicture(path, path.stem, lines.boxes, in_shares=True))
    return Written(labels, tuple(found), tuple(findings))


def label_file(picture: Path, root: Path) -> Path | None:
    """The text file of a picture: in the label folder parallel to its own, or beside it."""
    try:
        parts = list(picture.relative_to(root).parts)
        base = root
    except ValueError:
        parts, base = list(picture.parts[1:]), Path(picture.anchor)
    parts[-1] = f"{picture.stem}.txt"
    places = [index for index, part in enumerate(parts) if part.casefold() == "images"]
    for place in reversed(places):
        for name in LABEL_FOLDERS:
            candidate = base.joinpath(*parts[:place], name, *parts[place + 1 :])
            if candidate.is_file():
                return candidate
    beside = picture.with_suffix(".txt")
    if beside.is_file():
        return beside
    inner = (picture.parent / name / parts[-1] for name in LABEL_FOLDERS)
    return next((path for path in inner if path.is_file()), None)


def begins_with_box(file: Path) -> bool:
    """Whether a text file's first line is a box: so lists and notes are told from label files."""
    with file.open("rb") as content:
        line = content.readline(4096).decode("utf-8", errors="replace")
    try:
        _parse(line)
    except ValueError:
        return False
    return True


def _read_lines(file: Path, labels: Sequence[str]) -> _Lines:
    """Raises ValueError where the file is no text at all."""
    if file.stat().st_size > MAX_TEXT_BYTES:
        raise ValueError(f"a label file may have {MAX_TEXT_BYTES:,} bytes, not more")
    boxes: list[WrittenBox] = []
    unknown: dict[int, int] = {}
    troubles: list[str] = []
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ValueError(str(error)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            index, ltrb = _parse(line)
        except ValueError as error:
            troubles.append(f"line {number}: {error}")
            continue
        if index < len(labels):
            boxes.append(WrittenBox(labels[index], ltrb))
        else:
            unknown[index] = unknown.get(index, 0) + 1
    return _Lines(tuple(boxes), unknown, tuple(troubles))


def _parse(line: str) -> tuple[int, tuple[float, float, float, float]]:
    """Class id and (left, top, right, bottom) in shares; ValueError with the reason."""
    try:
        index, *numbers = [float(word) for word in line.split()]
    except ValueError as error:
        raise ValueError(f"a line must hold numbers alone, got {line[:60]!r}") from error
    if not (isfinite(index) and index == int(index) and index >= 0):
        raise ValueError(f"a class id must be a whole number from 0, got {index:g}")
    if not all(isfinite(number) and abs(number) <= MAX_SHARE for number in numbers):
        raise ValueError(f"coordinates must be shares of the picture, 0 to 1, got {line[:60]!r}")
    if len(numbers) in (4, 5):
        x, y, width, height = numbers[:4]
        if min(width, height) < 0:
            raise ValueError(f"width and height must not be negative, got {width:g}, {height:g}")
        return int(index), (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if len(numbers) >= 6 and len(numbers) % 2 == 0:
        xs, ys = numbers[::2], numbers[1::2]
        return int(index), (min(xs), min(ys), max(xs), max(ys))
    raise ValueError(f"a box needs a class id and 4 numbers, got {len(numbers)} numbers")
