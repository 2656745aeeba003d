"""What a reader noticed about a data set: repaired, clipped, left out, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.find_pictures import Kind

FindingKind = Literal[
    "clipped",
    "corners swapped",
    "too small",
    "not a number",
    "box twice",
    "turned",
    "rescaled",
    "in shares",
    "wrong size",
    "unreadable picture",
    "picture missing",
    "annotation missing",
    "annotation twice",
    "annotation unreadable",
    "without label file",
    "left aside",
    "unknown class",
    "ids from one",
    "similar classes",
    "placeholder class",
    "category twice",
    "class without examples",
    "not listed",
    "several formats",
    "part not found",
    "count differs",
    "mask missing",
    "mask unreadable",
    "mask of another size",
    "unknown id",
]

MEANINGS: dict[FindingKind, str] = {
    "clipped": "boxes reached out of their picture and were cut at its edge",
    "corners swapped": "boxes had left and right, or top and bottom, the wrong way round; repaired",
    "too small": "boxes with a side under one pixel inside the picture were left out",
    "not a number": "boxes with coordinates that are no finite numbers were left out",
    "box twice": "boxes stood there twice, same class and corners; each counts once",
    "turned": "boxes were drawn before the picture's EXIF turn; turned with it",
    "rescaled": "boxes were drawn on the picture at another size; scaled to its own",
    "in shares": "boxes were given in shares of the picture, from 0 to 1; read as such",
    "wrong size": "the annotation states another size than the picture has",
    "unreadable picture": "pictures cannot be read and were left out",
    "picture missing": "annotations without a picture were left out",
    "annotation missing": "pictures without an annotation were left out",
    "annotation twice": "pictures have two annotations; the first counts",
    "annotation unreadable": "annotations cannot be read, wholly or in part, and were left out",
    "without label file": "pictures have no label file and count as pictures without objects",
    "left aside": "files were left aside",
    "unknown class": "boxes of classes that are not among the labels were left out",
    "ids from one": "class ids seem to count from 1, none is 0: number them from 0, else boxes go "
    "by the name of the class before",
    "similar classes": "classes have names that differ by case, spaces, hyphens, underscores or "
    "Unicode form alone; rename them if they are one",
    "placeholder class": "a category that only heads the others, without a box, is no class",
    "category twice": "categories share a name and count as one class; rename one if they are two",
    "class without examples": "labels of which there is no box",
    "not listed": "pictures lie beside the listed ones, in no list",
    "several formats": "annotations are there in several formats; one was read",
    "part not found": "parts that the description names lead to no picture",
    "count differs": "the description states another number of classes than it names; names count",
    "mask missing": "pictures without a mask were left out",
    "mask unreadable": "masks cannot be read; their pictures were left out",
    "mask of another size": "masks have another size than their pictures, which were left out",
    "unknown id": "masks hold ids or colors that are not declared; their pictures were left out",
}
"""A finding's kind in a sentence."""


IN_THEIR_PLACE: frozenset[Kind] = frozenset({"text or data file", "hidden or system file"})
"""What lies beside pictures in every data set, and is no finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed about one file."""

    kind: FindingKind
    path: PictureFile
    """The picture where there is one, else the annotation."""
    detail: str
    """What exactly, for a person who will repair the file."""
    boxes: int = 0
    """How many boxes it concerns; 0 where it is about the file."""


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun, such as "1 class"; the plural ends in s, or is `many`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one kind of finding came up."""

    files: int
    boxes: int


def tally(findings: Iterable[Finding]) -> dict[FindingKind, Tally]:
    """Files and boxes by kind, in the order of `MEANINGS`."""
    by_kind: dict[FindingKind, list[Finding]] = {kind: [] for kind in MEANINGS}
    for finding in findings:
        by_kind[finding.kind].append(finding)
    return {
        kind: Tally(len({found.path for found in those}), sum(found.boxes for found in those))
        for kind, those in by_kind.items()
        if those
    }
