"""Which frames of a video are looked at."""

from dataclasses import dataclass
from math import isfinite

from mobilenetv2.errors import OptionError


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """Every frame, each `every`th, or at most `fps` a second.

    Raises:
        OptionError: a value out of range, or both.
    """

    every: int = 1
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise OptionError(f"every must be at least 1, got {self.every}")
        if self.fps is None:
            return
        if not (isfinite(self.fps) and self.fps > 0):
            raise OptionError(f"fps must be above 0, got {self.fps}")
        if self.every != 1:
            raise OptionError(
                f"frames are chosen by every or by fps, got every={self.every} and fps={self.fps:g}"
            )

    def takes(self, index: int, seconds: float, last: float | None) -> bool:
        """Whether to look at a frame.

        Args:
            index: of the frame, from 0.
            seconds: its time.
            last: the time of the frame that was taken last; None before the first.
        """
        if self.fps is None or last is None:
            return index % self.every == 0
        # In steps of 1 / fps from the beginning: distances to the last frame taken would add up
        # to fewer frames than asked for. A thousandth: times are rounded in files.
        return int(seconds * self.fps + 1e-3) > int(last * self.fps + 1e-3)


EVERY_FRAME = FrameChoice()
