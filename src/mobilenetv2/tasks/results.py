"""What a model says of one picture: one type a task, each can draw itself and become JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

# Each task imports its own; drawing and Pillow come with the first drawing, as an answer needs
# neither.
if TYPE_CHECKING:
    from PIL import Image

    from mobilenetv2.tasks.classify import Classification
    from mobilenetv2.tasks.detect import Detection
    from mobilenetv2.tasks.detected import Detected
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.segment import Mask


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classifier's answers, the best one first."""

    predictions: tuple[Classification, ...]
    task: Literal["classification"] = "classification"

    @property
    def label(self) -> str:
        """The best answer's name."""
        return self.predictions[0].label

    @property
    def score(self) -> float:
        """The best answer's probability, 0..1."""
        return self.predictions[0].score

    def draw(self, picture: Picture) -> Image.Image:
        """The picture with the answers below it."""
        from mobilenetv2.tasks.draw import draw_classification
        from mobilenetv2.tasks.image import decode

        return draw_classification(decode(picture), self.predictions)

    def to_json(self) -> dict[str, object]:
        """Task and predictions as plain values."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}


@dataclass(frozen=True, slots=True)
class Detections:
    """A detector's boxes, the best one first. There may be none."""

    predictions: tuple[Detection, ...]
    task: Literal["detection"] = "detection"

    def __len__(self) -> int:
        """How many boxes there are."""
        return len(self.predictions)

    def to_arrays(self) -> Detected:
        """Boxes, scores and classes as arrays, in the same order."""
        import numpy as np

        from mobilenetv2.tasks.detected import Detected

        count = len(self.predictions)
        return Detected(
            np.array([item.box for item in self.predictions], np.float32).reshape(count, 4),
            np.array([item.score for item in self.predictions], np.float32),
            np.array([item.index for item in self.predictions], np.int64),
        )

    def draw(self, picture: Picture) -> Image.Image:
        """The picture with the boxes on it; a small one is enlarged."""
        from mobilenetv2.tasks.draw_boxes import draw_detections
        from mobilenetv2.tasks.image import decode

        return draw_detections(decode(picture), self.predictions)

    def to_json(self) -> dict[str, object]:
        """Task and predictions as plain values."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}


@dataclass(frozen=True, slots=True)
class Segment:
    """All of a picture's pixels that are of one class."""

    label: str
    index: int
    pixels: int

    def to_json(self) -> dict[str, str | int]:
        """The same as plain values."""
        return {"label": self.label, "index": self.index, "pixels": self.pixels}


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """A class for every pixel."""

    mask: Mask = field(repr=False)
    """uint8 [height, width] of the original picture: ids of `labels`, 255 where a crop hid it."""
    labels: tuple[str, ...] = field(repr=False)
    """One a class; where the first is "background", drawings leave it as it is."""
    task: Literal["segmentation"] = "segmentation"

    @property
    def predictions(self) -> tuple[Segment, ...]:
        """The classes present, the largest one first."""
        import numpy as np

        counts = np.zeros(256, np.int64)
        # Row by row: counting turns each id into 8 bytes, of a large picture into 1 GB.
        for start in range(0, len(self.mask), 256):
            counts += np.bincount(self.mask[start : start + 256].ravel(), minlength=256)
        counts = counts[: len(self.labels)]
        return tuple(
            Segment(self.labels[index], index, int(counts[index]))
            for index in np.argsort(-counts, kind="stable").tolist()
            if counts[index]
        )

    def draw(self, picture: Picture) -> Image.Image:
        """The picture half under the colors of its classes, with a legend below."""
        from mobilenetv2.tasks.draw_mask import draw_segmentation
        from mobilenetv2.tasks.image import decode

        return draw_segmentation(decode(picture), self.mask, self.labels)

    def mask_picture(self) -> Image.Image:
        """The mask as a palette picture, whose values are the ids; save it as PNG."""
        from mobilenetv2.tasks.draw_mask import id_picture

        return id_picture(self.mask, self.labels)

    def to_json(self) -> dict[str, object]:
        """Task and classes present as plain values; the mask itself is a picture."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}


Result = Prediction | Detections | Segmentation
"""What `Model.predict` says of a picture; `result.task` or `match` tells which it is."""
