"""Networks whose answers are learnt: of the student's task, and of all its classes at least."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.train.class_rows import class_rows
from mobilenetv2.weights.checkpoint import Checkpoint, describe

SAME = 1e-5
"""Shares of the input by which anchors may differ: files hold them rounded to float32."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network that answers for a student."""

    checkpoint: Checkpoint = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)
    """Of each class that is learnt the teacher's own index, a detector's background aside."""
    size: tuple[int, int]
    """(height, width) at which it is shown the student's crop."""

    @property
    def name(self) -> str:
        """Where it comes from."""
        return self.checkpoint.provenance.source

    @property
    def in_words(self) -> str:
        """Network, origin, licence, and what of its classes is not learnt."""
        known, learnt = len(self.checkpoint.labels), len(self.rows)
        aside = f", of whose {known} classes {learnt} are learnt" if learnt < known else ""
        return f"{self.name} ({describe(self.checkpoint.spec)}{aside}; {self.checkpoint.license})"


def find_teachers(
    checkpoints: Sequence[Checkpoint], spec: Spec, labels: Sequence[str]
) -> tuple[Teacher, ...]:
    """What each checkpoint is to a student.

    A classifier and a segmenter look at the crop at their own size; so does a detector whose
    anchors are the student's there, while another one is run at the student's size.

    Args:
        checkpoints: of any size, folded or not, quantised or not.
        spec: of the student in training.
        labels: of the student's classes.

    Raises:
        CheckpointError: of another task, without one of the classes, or a detector with other
            anchors, box scales or scores.
    """
    return tuple(_find(checkpoint, spec, labels) for checkpoint in checkpoints)


def _find(checkpoint: Checkpoint, spec: Spec, labels: Sequence[str]) -> Teacher:
    name, own = checkpoint.provenance.source, checkpoint.spec
    match spec.head, own.head:
        case Classifier() as head, Classifier() as other:
            size = own.size
            _require_same_scores(name, head, other)
        case DeepLab(), DeepLab():
            size = own.size
        case (SSD() | SSDLite() as head, SSD() | SSDLite() as other):
            size = _detector_size(name, checkpoint.spec, other, spec, head)
        case _:
            raise CheckpointError(
                f"a teacher must be of the student's task, a {type(spec.head).__name__}; {name} "
                f"is a {type(own.head).__name__}. Choose another --teacher"
            )
    rows = class_rows(labels, checkpoint.labels)
    missing = [label for label, row in zip(labels, rows, strict=True) if row is None]
    if missing:
        raise CheckpointError(
            f"a teacher must know every class that is learnt, by its label; {name} has "
            f"{len(checkpoint.labels)} classes, such as {list(checkpoint.labels[:3])}, and lacks "
            f"{len(missing)} of {len(labels)}: {missing[:5]}. Rename the classes, choose another "
            "--teacher, or learn its own classes with --unlabeled, which looks at no label"
        )
    return Teacher(checkpoint, tuple(row for row in rows if row is not None), size)


def _require_same_scores(name: str, head: Classifier, other: Classifier) -> None:
    if other.scores == head.scores:
        return
    words = {True: "several labels a picture", False: "one class a picture"}
    raise CheckpointError(
        f"a teacher must answer as the student does, with {words[head.multi_label]}; {name} gives "
        f"{words[other.multi_label]}. Choose another --teacher"
    )


def _detector_size(
    name: str, own: Spec, other: SSD | SSDLite, spec: Spec, head: SSD | SSDLite
) -> tuple[int, int]:
    if other.scores != head.scores:
        loss = "focal" if other.scores == "sigmoid" else "multibox"
        raise CheckpointError(
            f"a teacher must score as the student does, by {head.scores}; {name} scores by "
            f"{other.scores}. Train with --loss {loss}"
        )
    if other.box_scales != head.box_scales:
        raise CheckpointError(
            f"a teacher must scale box offsets as the student does, by {head.box_scales}; {name} "
            f"scales by {other.box_scales}. Begin from it: --model"
        )
    anchors = anchor_boxes(spec)
    for size in (own.size, spec.size):
        found = anchor_boxes(replace(own, size=size))
        if found.shape == anchors.shape and np.abs(found - anchors).max() < SAME:
            return size
    raise CheckpointError(
        f"a teacher must have the student's anchors, {len(anchors)} at {spec.size[0]}x"
        f"{spec.size[1]}; {name} has {len(anchor_boxes(own))} others at {own.size[0]}x"
        f"{own.size[1]}. Begin from it (--model, without --head and --fit-anchors), or from "
        "another detector with its anchors"
    )
