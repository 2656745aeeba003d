"""Look at a data set from end to end."""

from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import assert_never

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.duplicates import Duplicates, Fingerprints, find_duplicates, find_repeats
from mobilenetv2.datasets.examine import Examined, examine, examine_header
from mobilenetv2.datasets.progress import Progress, tell_nobody, watched
from mobilenetv2.doctor.diagnosis import Diagnosis
from mobilenetv2.doctor.pictures import picture_facts
from mobilenetv2.doctor.read_boxed import read_box_subject
from mobilenetv2.doctor.read_classes import read_class_subject
from mobilenetv2.doctor.read_masks import Declared, read_mask_subject
from mobilenetv2.doctor.recognize import recognize
from mobilenetv2.doctor.sentences import told
from mobilenetv2.doctor.subject import Subject
from mobilenetv2.doctor.suspicious_boxes import suspect_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.find_pictures import look_through


def check(
    data: str | Path,
    task: Task | None = None,
    *,
    masks: Path | None = None,
    labels: Path | None = None,
    colors: Path | None = None,
    ignore: Set[int] = frozenset(),
    quick: bool = False,
    stretch: bool = False,
    progress: Progress = tell_nobody,
) -> Diagnosis:
    """Read a data set as training would and say what it holds and what is wrong with it.

    Args:
        data: in any layout that `train` and `evaluate` read: a folder, a table, a COCO file ...
        task: what it is for; None: found by looking.
        masks: the folder of masks, where `data` does not hold them,
        labels: the names of their ids,
        colors: the table of their colors, and
        ignore: ids in them that are no class, as `train segment` takes them.
        quick: read the pictures' headers alone; neither lookalikes nor broken bodies are found.
        stretch: take grey pictures of 16 bits as `train --stretch` does.
        progress: told of what is done.

    Raises:
        DatasetError: nothing there, or in no layout that is read.
    """
    root = Path(data)
    subject, note = read_subject(root, task, Declared(masks, labels, colors, ignore), progress)
    prints = _examined(
        subject, examine_header if quick else partial(examine, stretch=stretch), progress
    )
    every = [picture for part in prints for picture in part.pictures]
    return told(
        Diagnosis(
            subject=subject,
            decoded=not quick,
            pictures=picture_facts(every),
            duplicates=_duplicates(prints),
            in_two_classes=_in_two_classes(subject, prints),
            suspicions=tuple(suspect_boxes({p.path: p for p in _boxed(subject)}.values())),
            left_aside=()
            if is_shards(root) or not root.is_dir()
            else look_through(root, follow=2).left_aside,
            note=note,
        )
    )


def read_subject(
    data: Path, task: Task | None, declared: Declared, progress: Progress = tell_nobody
) -> tuple[Subject, str]:
    """A data set in any layout, not decoded, and a word on what else it might be.

    Args:
        data: as for `check`.
        task: what it is for; None: found by looking.
        declared: of masks.
        progress: told of what is done.

    Raises:
        DatasetError: as `check`.
    """
    found, note = (task, "") if task else recognize(data, declared.masks)
    if found != "segmentation" and declared != Declared():
        raise DatasetError(
            f"{data} is for {found}: masks, labels, colors and ids to ignore are for segmentation; "
            "say --task segmentation if it is"
        )
    return _read(data, found, declared, progress), note


def _read(data: Path, task: Task, declared: Declared, progress: Progress) -> Subject:
    match task:
        case "classification":
            return read_class_subject(data)
        case "detection":
            return read_box_subject(data, progress)
        case "segmentation":
            return read_mask_subject(data, declared, progress)
        case _:
            assert_never(task)


def _examined(
    subject: Subject, look: Callable[[PictureFile], Examined], progress: Progress
) -> list[Fingerprints]:
    """Each picture once, though it may lie in two parts."""
    known: dict[PictureFile, Examined] = {}
    paths = list(dict.fromkeys(path for part in subject.parts for path in part.paths))
    for path in watched(paths, "Looking at pictures", progress):
        known[path] = look(path)
    return [
        Fingerprints(part.name, tuple(known[path] for path in part.paths)) for part in subject.parts
    ]


def _duplicates(parts: Sequence[Fingerprints]) -> tuple[Duplicates, ...]:
    """Within every part, then between every two."""
    within = [find_repeats(part) for part in parts]
    return (*within, *(find_duplicates(*pair) for pair in combinations(parts, 2)))


def _in_two_classes(
    subject: Subject, prints: Sequence[Fingerprints]
) -> tuple[tuple[PictureFile, PictureFile], ...]:
    """Pictures with the same bytes as one of another class, and that one."""
    first: dict[bytes, tuple[PictureFile, int]] = {}
    found = []
    for part, seen in zip(subject.parts, prints, strict=True):
        for picture, target in zip(seen.pictures, part.targets, strict=False):
            if picture.content:
                path, other = first.setdefault(picture.content, (picture.path, target))
                if other != target:
                    found.append((picture.path, path))
    return tuple(found)


def _boxed(subject: Subject) -> Iterator[BoxedPicture]:
    for part in subject.parts:
        yield from part.boxed
