"""A data set's classes in terms of a model's labels: by name, never by number."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.catalog.likely_labels import likely_labels, told
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.written import Written
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text, reading

LONGEST_LABEL = 500
"""Letters. What is longer is a text that was taken for a list."""


@dataclass(frozen=True, slots=True)
class MatchedClasses:
    """Which of the data set's classes is which label."""

    labels: tuple[str, ...]
    indices: Mapping[str, int]
    """The data set's names to indices into `labels`; those that match none are not in it."""
    findings: tuple[Finding, ...]


def match_classes(written: Written, labels: Sequence[str] | None, data: Path) -> MatchedClasses:
    """Match by name, exactly or but for case, spaces, hyphens and underscores.

    Raises:
        DatasetError: no class at all, or boxes and not one among them of a class in `labels`.
    """
    if labels is None:
        if not written.labels:
            reasons = "".join(f"; {it.path}: {it.detail}" for it in written.findings[:3])
            raise DatasetError(f"{data} must name at least one class, got boxes of none{reasons}")
        own = {name: index for index, name in enumerate(written.labels)}
        return MatchedClasses(written.labels, own, alike_findings(written.labels, data))
    exact = {label: index for index, label in reversed(list(enumerate(labels)))}
    loose = {loosely(label): index for label, index in exact.items()}
    indices: dict[str, int] = {}
    for name in written.labels:
        index = exact.get(name, loose.get(loosely(name)))
        if index is not None:
            indices[name] = index
    findings = tuple(_left_out(written, indices, data))
    boxes = sum(len(picture.boxes) for picture in written.pictures)
    if findings and sum(finding.boxes for finding in findings) == boxes:
        hint = told(likely_labels(written.labels, labels))
        raise DatasetError(
            f"{data}: at least one class must be among the model's labels, such as "
            f"{list(labels[:5])}; the data set's are {list(written.labels[:5])}"
            + (f"; {hint}" if hint else "")
        )
    return MatchedClasses(tuple(labels), indices, findings)


def read_label_list(file: Path) -> tuple[str, ...]:
    """Labels from a text file, one a line; blank lines at its end do not count.

    Raises:
        DatasetError: unreadable, empty, or a label twice.
    """
    with reading(file, DatasetError):
        return _read_label_list(file)


def _read_label_list(file: Path) -> tuple[str, ...]:
    try:
        lines = [line.strip() for line in as_text(file.read_bytes()).rstrip().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} must be a list of labels, one a line: {error}") from error
    try:
        require_labels(lines, "one label a line")
    except ValueError as error:
        raise DatasetError(f"{file}: {error}") from error
    return tuple(lines)


def require_labels(labels: Sequence[str], what: str) -> None:
    """Refuse what cannot be a list of classes.

    Raises:
        ValueError: none, one that is empty, too long or has a line break, or one that is there
            twice.
    """
    twice = sorted(label for label, count in Counter(labels).items() if count > 1)
    if not labels or "" in labels or twice:
        raise ValueError(
            f"{what} must be at least one, no two the same and none empty, got {len(labels)}"
            + (f", twice: {[label[:40] for label in twice[:5]]}" if twice else "")
        )
    long = [label for label in labels if len(label) > LONGEST_LABEL]
    if long:
        raise ValueError(f"a label may have {LONGEST_LABEL} letters, got {long[0]!r:.60} ...")


def alike(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Names that are the same but for case, spaces, hyphens, underscores or Unicode form.

    Which of them are one class only a person can say: "C" and "c" may be two.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(loosely(name), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def alike_findings(names: Iterable[str], where: Path) -> tuple[Finding, ...]:
    """A finding for every group of classes whose names are `alike`."""
    return tuple(
        Finding("similar classes", where, ", ".join(repr(name) for name in group[:10]))
        for group in alike(names)
    )


def _left_out(written: Written, indices: Mapping[str, int], data: Path) -> Iterable[Finding]:
    boxes: dict[str, int] = {}
    pictures: dict[str, int] = {}
    for picture in written.pictures:
        names = [box.label for box in picture.boxes if box.label not in indices]
        for name in names:
            boxes[name] = boxes.get(name, 0) + 1
        for name in set(names):
            pictures[name] = pictures.get(name, 0) + 1
    for name in sorted(boxes):
        detail = f"{name!r} is no label of the model: {boxes[name]} boxes"
        yield Finding("unknown class", data, f"{detail} in {pictures[name]} pictures", boxes[name])
