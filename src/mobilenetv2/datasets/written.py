"""Boxes as a file has them: what the readers of every format hand over, before any check."""

from dataclasses import dataclass

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.shards.member import PictureFile


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """A box as it stands in a file; nothing about it is promised."""

    label: str
    ltrb: tuple[float, float, float, float]
    """(left, top, right, bottom), in pixels or in shares as its picture says."""
    ignored: bool = False
    area: float | None = None
    """The object's own area in square pixels, where the data set states it."""


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture and what one annotation says about it."""

    path: PictureFile
    identity: str
    boxes: tuple[WrittenBox, ...]
    size: tuple[int, int] | None = None
    """(height, width) as the annotation states it, or None."""
    in_shares: bool = False
    """Whether boxes are shares of the picture's sides instead of pixels."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a reader found."""

    labels: tuple[str, ...]
    """The data set's classes: in its own order where it has one, else sorted."""
    pictures: tuple[WrittenPicture, ...]
    findings: tuple[Finding, ...]
