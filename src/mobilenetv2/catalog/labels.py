"""Class names that everybody knows, for files that carry none."""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

from mobilenetv2.errors import CheckpointError

IMAGENET_CLASSES = 1000

NUMBERED = re.compile(r"(\d{1,7})\s*[:;,.)\s]\s*(\S.*)")
"""A label with its number in front."""

UNUSED = "n/a"
"""The name of a COCO category id that no picture has."""


@lru_cache(maxsize=1)
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 classes of ILSVRC-2012 in the order of their WordNet ids; no background."""
    return _read("imagenet_labels.txt")


@lru_cache(maxsize=1)
def voc_labels() -> tuple[str, ...]:
    """The 20 classes of PASCAL VOC in the order of the alphabet; no background."""
    return _read("voc_labels.txt")


@lru_cache(maxsize=1)
def coco_id_labels() -> tuple[str, ...]:
    """COCO's category ids 1 to 90; ten of them are `UNUSED`."""
    return _read("coco_labels.txt")


@lru_cache(maxsize=1)
def open_images_labels() -> tuple[str, ...]:
    """The 23 classes of Open Images that MediaPipe's detector knows; no background."""
    return _read("open_images_labels.txt")


def coco_labels() -> tuple[str, ...]:
    """The 80 classes of COCO in the order of their ids; no background."""
    return tuple(label for label in coco_id_labels() if label != UNUSED)


def detector_labels(classes: int) -> tuple[str, ...]:
    """The names of the data set with that many kinds of objects (VOC 20, COCO 80 or 90 ids)."""
    for labels in (voc_labels(), coco_labels(), coco_id_labels()):
        if len(labels) == classes:
            return labels
    return _numbered(classes)


def segmenter_labels(classes: int) -> tuple[str, ...]:
    """VOC's names after "background" for 21 classes, "class 0" ... for any other number."""
    if classes == len(voc_labels()) + 1:
        return ("background", *voc_labels())
    return _numbered(classes)


def default_labels(classes: int) -> tuple[str, ...]:
    """ImageNet's names for 1000 classes, "class 0", "class 1" ... for any other number."""
    if classes == IMAGENET_CLASSES:
        return imagenet_labels()
    return _numbered(classes)


def fit_labels(labels: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The labels given, without a background in front of them, or the default ones.

    Raises:
        CheckpointError: another number of labels than classes.
    """
    if labels is None:
        return default_labels(classes)
    if len(labels) == classes + 1 and labels[0].lower() in ("background", "???", "unlabeled"):
        return labels[1:]
    if len(labels) != classes:
        raise CheckpointError(
            f"the network has {classes} classes, so it needs {classes} labels (or one more, with "
            f"'background' first), got {len(labels)}, beginning {list(labels[:3])}"
        )
    return labels


def without_numbers(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The names alone of a list that numbers them all, "0 Mask", "1 No mask" or "1: cat" ...

    Numbers that do not count from 0 or 1 belong to the names and stay.
    """
    found = [NUMBERED.fullmatch(label) for label in labels]
    numbers = [int(match[1]) for match in found if match]
    for first in (0, 1):
        if numbers and numbers == list(range(first, first + len(labels))):
            return tuple(match[2] for match in found if match)
    return labels


def _read(name: str) -> tuple[str, ...]:
    text = files("mobilenetv2").joinpath(f"data/{name}").read_text("utf-8")
    return tuple(text.splitlines())


def _numbered(classes: int) -> tuple[str, ...]:
    return tuple(f"class {index}" for index in range(classes))


def loosely(name: str) -> str:
    """What is left of a class's name when case, spaces, hyphens and underscores do not count.

    Neither does how letters with accents are written, as one sign or two (NFC and NFD).
    """
    return re.sub(r"[\s_-]", "", unicodedata.normalize("NFC", name.casefold()))
