"""A data set as the doctor looks at it, read by what training and evaluation read it with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.part_names import part_called


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a data set by its own name, or "all" of one without parts."""

    name: str
    paths: Sequence[PictureFile] = field(repr=False)
    counts: tuple[int, ...] = field(repr=False)
    """Of each label: its pictures (classification), boxes, or pictures that show it (masks)."""
    targets: Sequence[int] = field(default=(), repr=False)
    """Of each picture its class (classification)."""
    said: Sequence[str] = field(default=(), repr=False)
    """Of each picture its labels in words, where there may be several, and"""
    several: Sequence[tuple[int, ...]] = field(default=(), repr=False)
    """by number."""
    boxed: tuple[BoxedPicture, ...] = field(default=(), repr=False)
    """The same pictures with boxes (detection)."""
    masked: MaskedPictures | None = field(default=None, repr=False)
    """Those with a mask that can be used (segmentation), and of their masks:"""
    pixels: tuple[int, ...] = field(default=(), repr=False)
    """of each label,"""
    ignored: int = 0
    """and of none that counts;"""
    uniform: tuple[PictureFile, ...] = field(default=(), repr=False)
    """pictures whose mask has one class alone, or none."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A data set that has been read; its pictures have not been decoded yet."""

    task: Task
    name: str
    layout: str
    """In words: "a folder a class", "COCO (instances_val.json)"."""
    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    """Those that a training takes first."""
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was understood without being written, in sentences."""
    stops: tuple[str, ...] = field(default=(), repr=False)
    """What no training would accept, in sentences."""
    meaning: MaskMeaning | None = field(default=None, repr=False)
    """Of the masks' values, where there are masks and these can be understood."""


def worth_comparing(names: Sequence[str]) -> tuple[str, ...]:
    """Of a data set's names for its parts those that are train, val and test, in that order.

    Others overlap by design, as VOC's "trainval". All names where none is of the three.
    """
    order = {"train": 0, "val": 1, "test": 2}
    known = [name for name in names if part_called(name)]
    return tuple(
        sorted(known or names, key=lambda name: (order.get(part_called(name) or "", 3), name))
    )
