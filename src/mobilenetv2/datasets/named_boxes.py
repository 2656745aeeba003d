"""Formats whose entries name their picture: CVAT's XML, labelme's JSON, tables of boxes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.picture_index import PictureIndex, settle
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture
from mobilenetv2.errors import DatasetError


@dataclass(frozen=True, slots=True)
class NamedBoxes:
    """What a file says of one picture."""

    file: Path
    file_name: str
    """The picture's, as written: with folders, of another machine, or a URL."""
    boxes: tuple[WrittenBox, ...]
    size: tuple[int, int] | None
    """(height, width) as stated, or None."""
    troubles: tuple[str, ...] = ()
    """Objects that cannot be read, and why."""
    way_out: str = ""
    """What can be done where no such picture is found."""


Reader = Callable[[Path], Iterable[NamedBoxes]]
"""Raises DatasetError where the file as a whole cannot be read."""


def read_named(files: Sequence[Path], read: Reader, pictures: PictureIndex) -> Written:
    """Read files and find the pictures that they name.

    Labels are the names in any of the entries, sorted. A picture of whose objects not one can be
    read is left out.

    Raises:
        DatasetError: the one file there is cannot be read; of several, that is a finding.
    """
    entries: list[NamedBoxes] = []
    findings: list[Finding] = []
    for file in files:
        try:
            entries += read(file)
        except DatasetError as error:
            if len(files) == 1:
                raise
            findings.append(Finding("annotation unreadable", file, str(error)))
    labels = sorted({box.label for entry in entries for box in entry.boxes})
    found: dict[Path, WrittenPicture] = {}
    matches = settle([pictures.by_name(entry.file, entry.file_name) for entry in entries])
    for entry, match in zip(entries, matches, strict=True):
        place = match.path or match.taken or entry.file
        if entry.troubles:
            left_out = "" if entry.boxes else "; the picture is left out"
            detail = f"{entry.file.name}: {'; '.join(entry.troubles[:5])}{left_out}"
            count = len(entry.troubles)
            findings.append(Finding("annotation unreadable", place, detail, count))
        if match.path is None:
            detail = f"{entry.file_name!r:.200} is not below {pictures.root}: {match.why}"
            detail += f"; {entry.way_out}" if entry.way_out else ""
            findings.append(Finding("picture missing", place, detail, len(entry.boxes)))
        elif match.path in found:
            detail = f"the second is in {entry.file}"
            findings.append(Finding("annotation twice", match.path, detail, len(entry.boxes)))
        elif entry.boxes or not entry.troubles:
            found[match.path] = WrittenPicture(match.path, match.path.stem, entry.boxes, entry.size)
    return Written(tuple(labels), tuple(found.values()), tuple(findings))
