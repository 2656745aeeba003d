"""YOLO: a YAML file names the classes, one text file a picture holds its boxes as shares."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.label_files import LABEL_FOLDERS, LabelFiles
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture
from mobilenetv2.datasets.yolo_line import LineFormat
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text

MAX_TEXT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class _Lines:
    boxes: tuple[WrittenBox, ...]
    unknown: dict[int, int]
    """Class ids beyond the labels, and how many boxes have them."""
    troubles: tuple[str, ...]


def read_yolo(
    pictures: Sequence[Path],
    labels: tuple[str, ...],
    root: Path,
    key_points: tuple[int, int] | None = None,
    *,
    whole: bool = False,
) -> Written:
    """Read the text files that belong to `pictures`.

    A line is `class x y width height` (the center, in shares of the picture's sides), optionally
    with a confidence behind, or with key points where `key_points` says so; or
    `class x y x y x y ...`, a polygon, of which the hull is taken. A picture without a text file
    has no boxes, with a finding; one whose text file has not one line that can be read, or none
    of a known class, is left out: it may be full of objects.

    Args:
        pictures: of the data set or split.
        labels: by class id.
        root: the data set's folder, where label folders are looked for.
        key_points: `kpt_shape` of the description.
        whole: whether these are all pictures, so that other label files belong to none.

    Raises:
        DatasetError: not one of the pictures has a text file.
    """
    files = LabelFiles(root, labels)
    form = LineFormat(labels, key_points)
    found: list[WrittenPicture] = []
    findings: list[Finding] = []
    without: list[Path] = []
    beyond: set[int] = set()
    for path in pictures:
        text = files.of(path)
        if text is None:
            without.append(path)
            found.append(WrittenPicture(path, path.stem, (), in_shares=True))
            continue
        try:
            lines = _read_lines(text, form)
        except ValueError as error:
            # An unreadable file is not the same as an empty one: the picture may be full.
            findings.append(Finding("annotation unreadable", path, f"{text}: {error}"))
            continue
        findings += _about(path, text, lines, labels)
        beyond |= set(lines.unknown)
        if lines.boxes or not (lines.troubles or lines.unknown):
            found.append(WrittenPicture(path, path.stem, lines.boxes, in_shares=True))
    findings += _counted_from_one(labels, found, beyond, root)
    findings += _missing(files, pictures, without, root, whole)
    return Written(labels, tuple(found), tuple(findings))


def _missing(
    files: LabelFiles, pictures: Sequence[Path], without: Sequence[Path], root: Path, whole: bool
) -> Iterator[Finding]:
    """Pictures without a text file, text files without a picture."""
    if without and len(without) == len(pictures):
        raise DatasetError(_none_found(without, root))
    for path in without:
        yield Finding("without label file", path, "no text file has its name")
    for file in files.unused() if whole else ():
        yield Finding("picture missing", file, "labels of no picture")


def _counted_from_one(
    labels: Sequence[str], found: Sequence[WrittenPicture], beyond: Set[int], root: Path
) -> Iterator[Finding]:
    """Ids from 1 to the number of classes: every box would go by the name of the class before."""
    first = any(box.label == labels[0] for picture in found for box in picture.boxes)
    if beyond == {len(labels)} and not first:
        yield Finding("ids from one", root, f"some are {len(labels)}, of {len(labels)} labels")


def _about(path: Path, text: Path, lines: _Lines, labels: Sequence[str]) -> list[Finding]:
    findings = [
        Finding(
            "unknown class",
            path,
            f"class id {index} in {text.name}, the labels end at {len(labels) - 1}",
            boxes,
        )
        for index, boxes in lines.unknown.items()
    ]
    if lines.troubles:
        left_out = "" if lines.boxes else "; not one line can be read: the picture is left out"
        detail = f"{text}: {'; '.join(lines.troubles[:5])}{left_out}"
        findings.append(Finding("annotation unreadable", path, detail, len(lines.troubles)))
    return findings


def _none_found(pictures: Sequence[Path], root: Path) -> str:
    return (
        f"{root}: a picture's boxes lie in a text file of its name, beside it or in a folder such "
        f"as {', '.join(LABEL_FOLDERS[:3])}; not one of {len(pictures)} pictures has any, such as "
        f"{pictures[0]}. A picture in which there is nothing needs an empty text file"
    )


def _read_lines(file: Path, form: LineFormat) -> _Lines:
    """Raises ValueError where the file is no text at all."""
    if file.stat().st_size > MAX_TEXT_BYTES:
        raise ValueError(f"a label file may have {MAX_TEXT_BYTES:,} bytes, not more")
    boxes: list[WrittenBox] = []
    unknown: dict[int, int] = {}
    troubles: list[str] = []
    try:
        lines = as_text(file.read_bytes()).splitlines()
    except OSError as error:
        raise ValueError(str(error)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            index, ltrb = form.parse(line)
        except ValueError as error:
            troubles.append(f"line {number}: {error}")
            continue
        if index < len(form.labels):
            boxes.append(WrittenBox(form.labels[index], ltrb))
        else:
            unknown[index] = unknown.get(index, 0) + 1
    return _Lines(tuple(boxes), unknown, tuple(troubles))
