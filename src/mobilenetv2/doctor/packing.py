"""A data set that was read, as samples for shards: keys, parts, and what they are called."""

import re
from collections.abc import Sequence
from pathlib import Path

from mobilenetv2.datasets.shard_samples import Answer, Packing, Sample, keys_of
from mobilenetv2.datasets.to_shards import Plan
from mobilenetv2.doctor.subject import Part, Subject
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.shard_set import WHOLE


def plan_shards(
    subject: Subject, root: Path, samples_per_shard: int, shorter_side: int | None = None
) -> Plan:
    """What goes into which shard, in the order in which the data set is read.

    Args:
        subject: as `check.read_subject` reads it.
        root: the data set's folder, below which places of pictures are keys.
        samples_per_shard: at most.
        shorter_side: pixels to which larger pictures are brought; None: files stay what they are.

    Raises:
        DatasetError: masks whose values are not understood, or no picture.
    """
    if subject.task == "segmentation" and subject.meaning is None:
        raise DatasetError("; ".join(subject.stops) or f"{subject.name} has no masks")
    packing = Packing(subject.labels, subject.meaning, shorter_side)
    parts = {_called(part.name): _samples(part, root) for part in subject.parts}
    plan = Plan({name: samples for name, samples in parts.items() if samples}, packing,
                samples_per_shard)  # fmt: skip
    if not plan.samples:
        raise DatasetError(f"{root} must hold at least one picture, got none")
    return plan


def _samples(part: Part, root: Path) -> tuple[Sample, ...]:
    answers: Sequence[Answer] = part.boxed or part.several or part.targets
    paths = part.paths
    if part.masked is not None:
        answers = part.masked.pictures
        paths = [picture.path for picture in part.masked.pictures]
    return tuple(
        Sample(key, path, answer)
        for key, path, answer in zip(keys_of(paths, root), paths, answers, strict=True)
    )


def _called(part: str) -> str:
    """A part's name as a file's may begin."""
    return WHOLE if part == "all" else re.sub(r"[^\w-]+", "-", part)
