"""Pictures with boxes as the doctor looks at them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.progress import Progress
from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.doctor.subject import Part, Subject, worth_comparing


def read_box_subject(data: Path, progress: Progress) -> Subject:
    """The whole set first, whose labels and findings count for every part.

    Raises:
        DatasetError: as `read_boxes`.
    """
    whole = read_boxes(data, progress=progress)
    names = box_split_names(data)
    compared = worth_comparing(names)
    labels = whole.pictures.labels
    if len(compared) < 2:
        parts = [_part("all", whole.pictures, labels)]
    else:
        parts = [
            _part(name, read_boxes(data, name, labels, progress).pictures, labels)
            for name in compared
        ]
    others = [name for name in names if name not in compared]
    notes = (
        (f"parts that overlap others by their names are not compared: {', '.join(others)}",)
        if others and len(compared) > 1
        else ()
    )
    return Subject(
        task="detection",
        name=whole.pictures.name,
        layout=whole.format,
        labels=labels,
        parts=tuple(parts),
        findings=whole.findings,
        notes=notes,
    )


def _part(name: str, pictures: BoxedPictures, labels: Sequence[str]) -> Part:
    classes = [picture.classes[~picture.ignored] for picture in pictures.pictures]
    every = np.concatenate([np.zeros(0, np.int64), *classes])
    return Part(
        name,
        tuple(picture.path for picture in pictures.pictures),
        tuple(np.bincount(every, minlength=len(labels)).tolist()),
        boxed=pictures.pictures,
    )
