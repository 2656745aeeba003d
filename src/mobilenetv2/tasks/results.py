"""What a model says of one picture: one type a task, each can draw itself and become JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

# Each task imports its own; drawing and Pillow come with the first drawing, as an answer needs
# neither.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from mobilenetv2.tasks.classify import Classification
    from mobilenetv2.tasks.detect import Detection
    from mobilenetv2.tasks.detected import Detected
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.outlines import Outline
    from mobilenetv2.tasks.segment import Mask


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classifier's answers, the best one first; none, where none reached the threshold."""

    predictions: tuple[Classification, ...]
    task: Literal["classification"] = "classification"
    multi_label: bool = False
    """Whether these are the labels that hold, each by its own score, instead of the likeliest of
    classes that exclude each other."""

    @property
    def label(self) -> str:
        """The best answer's name; where none reached the threshold "unknown", or "none" where a
        picture may have no label.
        """
        return self.predictions[0].label if self.predictions else self.nothing

    @property
    def labels(self) -> tuple[str, ...]:
        """The answers' names."""
        return tuple(item.label for item in self.predictions)

    @property
    def nothing(self) -> str:
        """What is said where there is no answer."""
        from mobilenetv2.tasks.classify import NO_LABEL, UNKNOWN

        return NO_LABEL if self.multi_label else UNKNOWN

    @property
    def score(self) -> float:
        """The best answer's probability, 0..1; 0 where there is none."""
        return self.predictions[0].score if self.predictions else 0.0

    def draw(self, picture: Picture) -> Image.Image:
        """The picture with the answers below it."""
        from mobilenetv2.tasks.draw import draw_classification
        from mobilenetv2.tasks.image import decode_to_show

        return draw_classification(decode_to_show(picture), self.predictions, self.nothing)

    def to_json(self) -> dict[str, object]:
        """Task and predictions as plain values, and that they are several labels where they are."""
        said = {"multi_label": True} if self.multi_label else {}
        answers = [item.to_json() for item in self.predictions]
        return {"task": self.task, **said, "predictions": answers}

    def _repr_html_(self) -> str:
        from mobilenetv2.tasks.notebook import classification_html

        return classification_html(self.predictions, self.nothing)


@dataclass(frozen=True, slots=True)
class Detections:
    """A detector's boxes, the best one first. There may be none."""

    predictions: tuple[Detection, ...]
    task: Literal["detection"] = "detection"
    size: tuple[int, int] | None = field(default=None, compare=False)
    """(height, width) of the original picture in pixels, where it is known."""

    def __len__(self) -> int:
        """How many boxes there are."""
        return len(self.predictions)

    @property
    def boxes(self) -> npt.NDArray[np.float32]:
        """float32 [boxes, 4]: (left, top, right, bottom) in pixels of the original picture."""
        return self.to_arrays().boxes

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """float64 [boxes, 4]: (center x, center y, width, height) as shares of the picture's
        sides, as YOLO writes them.

        Raises:
            ValueError: the picture's size is not known.
        """
        import numpy as np

        if self.size is None:
            raise ValueError("boxes become shares of a picture whose size is known; give `size`")
        height, width = self.size
        left, top, right, bottom = self.boxes.astype(np.float64).T
        return np.stack(
            [
                (left + right) / 2 / width,
                (top + bottom) / 2 / height,
                (right - left) / width,
                (bottom - top) / height,
            ],
            axis=1,
        )

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
        from mobilenetv2.tasks.image import decode_to_show

        return draw_detections(decode_to_show(picture), self.predictions)

    def to_json(self) -> dict[str, object]:
        """Task and predictions as plain values."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}

    def _repr_html_(self) -> str:
        from mobilenetv2.tasks.notebook import detections_html

        return detections_html(self.predictions)


@dataclass(frozen=True, slots=True)
class Segment:
    """All of a picture's pixels that are of one class."""

    label: str
    index: int
    pixels: int
    share: float = field(default=0.0, compare=False)
    """Of the picture's pixels, 0..1."""

    def to_json(self) -> dict[str, str | int | float]:
        """The same as plain values; the share with six digits."""
        return {
            "label": self.label,
            "index": self.index,
            "pixels": self.pixels,
            "share": round(self.share, 6),
        }


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
            Segment(
                self.labels[index], index, int(counts[index]), float(counts[index]) / self.mask.size
            )
            for index in np.argsort(-counts, kind="stable").tolist()
            if counts[index]
        )

    def outlines(self, tolerance: float = 1.0) -> tuple[Outline, ...]:
        """The borders of the classes present, as polygons; holes are marked.

        Args:
            tolerance: how far a border may be moved to save points, in pixels; with 0 they follow
                the edges of pixels.
        """
        from mobilenetv2.tasks.outlines import Outline, outline

        return tuple(
            Outline(item.label, item.index, points)
            for item in self.predictions
            for points in outline(self.mask == item.index, tolerance)
        )

    def draw(self, picture: Picture) -> Image.Image:
        """The picture half under the colors of its classes, with a legend below."""
        from mobilenetv2.tasks.draw_mask import draw_segmentation
        from mobilenetv2.tasks.image import decode_to_show

        return draw_segmentation(decode_to_show(picture), self.mask, self.labels)

    def mask_picture(self) -> Image.Image:
        """The mask as a palette picture, whose values are the ids; save it as PNG."""
        from mobilenetv2.tasks.draw_mask import id_picture

        return id_picture(self.mask, self.labels)

    def to_json(self) -> dict[str, object]:
        """Task and classes present as plain values; the mask itself is a picture."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}

    def _repr_html_(self) -> str:
        from mobilenetv2.tasks.notebook import segmentation_html

        present = ((item.index, item.share) for item in self.predictions)
        return segmentation_html(self.mask, self.labels, present)


Result = Prediction | Detections | Segmentation
"""What `Model.predict` says of a picture; `result.task` or `match` tells which it is."""
