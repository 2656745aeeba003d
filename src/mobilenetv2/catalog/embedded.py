"""What is in the box: weights inside the installed package, and what a catalogue says of any."""

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "detection", "segmentation"]

LabelSet = Literal[
    "in the file",
    "imagenet",
    "background + imagenet",
    "background + voc",
    "background + open images",
]
"""What the outputs stand for: the 1000 classes of ILSVRC-2012 in WordNet order, the 20 of
PASCAL VOC 2012, or 23 of Open Images V4; with "background" first where it says so (1001, 21 and 24
outputs)."""


@dataclass(frozen=True, slots=True)
class EmbeddedWeights:
    """A checkpoint inside the installed package: needs no network."""

    name: str
    file: str
    """In the package's `data` folder."""
    license: str
    task: Task
    figure: str | None = None
    labels: LabelSet = "in the file"
    note: str = ""


def _embedded(
    name: str,
    task: Task,
    figure: str,
    note: str,
    license: str = "Apache-2.0",  # noqa: A002 - the field's name
) -> EmbeddedWeights:
    return EmbeddedWeights(name, f"{name}.safetensors", license, task, figure, note=note)


EMBEDDED: tuple[EmbeddedWeights, ...] = (
    _embedded(
        "objects",
        "classification",
        "85.40 top-1, imagenet-flickr",
        "the 1000 classes of ImageNet, 256 px; `train classify` and `train detect` start here",
    ),
    _embedded(
        "outline",
        "segmentation",
        "51.19 mIoU, COCO-val-100 on VOC classes",
        "the 20 classes of PASCAL VOC and background, 513 px; `train segment` starts here",
    ),
    _embedded(
        "everyday",
        "detection",
        "28.87 AP50, coco128-val",
        "boxes of 23 common things (person, car, dog ...), 300 px; a start for detectors of such",
    ),
    _embedded(
        "cells",
        "detection",
        "90.39 AP50, BCCD test",
        "boxes of red and white blood cells and platelets, 480x640 px, see docs/detection.md",
        "Apache-2.0, MIT",
    ),
)
