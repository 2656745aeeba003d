"""What a caller may choose about a prediction; the rest is in the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from mobilenetv2.zoo import Task

SCALES = (0.1, 4.0)
"""The smallest and largest factor on the network's input."""


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one call; each belongs to one task, and the others leave it alone.

    Raises:
        ValueError: a value outside its range.
    """

    top: int = 5
    """Classification: how many answers a picture, at least 1."""
    threshold: float = 0.3
    """Detection: a box scores more than this, 0..1."""
    max_detections: int = 100
    """Detection: how many boxes a picture at most, the best ones; at least 1."""
    nms: float = 0.5
    """Detection: of two boxes of a class that overlap (intersection over union) by more than
    this, the better stays; 0..1."""
    scales: tuple[float, ...] = (1.0,)
    """Segmentation: the network runs at each of these factors on its input's sides, and the
    probabilities are averaged; the paper's "multi-scale" is (0.5, 0.75, 1, 1.25, 1.5, 1.75)."""
    flip: bool = False
    """Segmentation: average with the mirrored picture."""
    stretch: bool = False
    """Any task, many pictures: grey ones of 16 bits get their darkest value black and their
    brightest white, as 12-bit and thermal cameras need."""

    def __post_init__(self) -> None:
        _require(self.top >= 1, "top must be at least 1", self.top)
        _require(0 <= self.threshold <= 1, "threshold must be in 0..1", self.threshold)
        _require(self.max_detections >= 1, "max_detections must be at least 1", self.max_detections)
        _require(0 <= self.nms <= 1, "nms must be in 0..1", self.nms)
        _require(
            len(self.scales) > 0
            and all(isfinite(scale) and SCALES[0] <= scale <= SCALES[1] for scale in self.scales),
            f"scales must hold one or more numbers in {SCALES[0]}..{SCALES[1]}",
            self.scales,
        )

    def check(self, task: Task) -> None:
        """Refuse a choice that would change nothing.

        Raises:
            ValueError: an option of another task is not at its default.
        """
        own = options_of(task)
        for option in fields(self):
            value = getattr(self, option.name)
            _require(
                option.name in (*own, "stretch") or value == option.default,
                f"{option.name} is not for {task}, which takes {' and '.join(own)}",
                value,
            )


def options_of(task: Task) -> tuple[str, ...]:
    """Names of the options that a task takes."""
    match task:
        case "classification":
            return ("top",)
        case "detection":
            return ("threshold", "max_detections", "nms")
        case "segmentation":
            return ("scales", "flip")
        case _:
            assert_never(task)


def _require(condition: bool, rule: str, value: object) -> None:
    if not condition:
        raise ValueError(f"{rule}, got {value!r}")


DEFAULTS = Options()
"""What every door of the package offers unless told otherwise."""
