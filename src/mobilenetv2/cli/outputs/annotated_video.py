"""Results drawn onto the frames of videos, as a video in a folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mobilenetv2.sources.video_file import VideoFile
from mobilenetv2.tasks.draw import PLATE


class AnnotatedVideos:
    """`clip.mp4` becomes `clip.predicted.mp4`, with a frame for each that was looked at.

    The first drawing decides the video's size, and all others are brought to it.
    """

    def __init__(self, target: Callable[[str], Path], tell: Callable[[str], None]) -> None:
        """Nothing is written yet.

        Args:
            target: gives a free path for a video's name.
            tell: told of each video that is done.
        """
        self._target = target
        self._tell = tell
        self._name: str | None = None
        self._file: VideoFile | None = None
        self._path = Path()
        self._canvas = (0, 0)

    def add(self, name: str, seconds: float, drawn: Image.Image, height: int) -> None:
        """Append a frame's drawing to the video of that name, after closing another one.

        Args:
            name: of the video that the frame is of.
            seconds: the frame's time.
            drawn: the frame with its results.
            height: how much of `drawn` is the frame itself; a plate may follow below it.

        Raises:
            ImageError: the file cannot be written.
        """
        if name != self._name or self._file is None:
            self.close()
            self._name, self._path = name, self._target(name)
            self._canvas = (drawn.height + drawn.height % 2, drawn.width + drawn.width % 2)
            self._file = VideoFile(self._path, self._canvas)
        self._file.add(np.asarray(on_canvas(drawn, height, self._canvas)), seconds)

    def close(self) -> None:
        """Finish the video that was written last.

        Raises:
            ImageError: the disk refuses.
        """
        if self._file is None:
            return
        file, self._file = self._file, None
        file.close()
        self._tell(f"{self._path}: {file.frames} frames")


def on_canvas(drawn: Image.Image, height: int, canvas: tuple[int, int]) -> Image.Image:
    """A drawing at a video's size, nothing of it lost.

    A plate that needs more room than the canvas has below the frame covers the frame's lower
    edge; a frame of another width, as streams have that change theirs, is scaled.

    Args:
        drawn: a frame, and perhaps a plate below it.
        height: the frame's own.
        canvas: (height, width).
    """
    tall, wide = canvas
    if not wide - 1 <= drawn.width <= wide:
        return ImageOps.pad(drawn, (wide, tall), color=PLATE)
    if drawn.height > tall and height > tall:
        return ImageOps.pad(drawn, (wide, tall), color=PLATE)
    result = Image.new("RGB", (wide, tall), PLATE)
    result.paste(drawn, (0, 0))
    if drawn.height > tall:
        plate = drawn.crop((0, height, drawn.width, drawn.height))
        result.paste(plate, (0, tall - plate.height))
    # The last row and column of an odd size are repeated, so that no dark line shows.
    if drawn.height == tall - 1:
        result.paste(result.crop((0, tall - 2, wide, tall - 1)), (0, tall - 1))
    if drawn.width == wide - 1:
        result.paste(result.crop((wide - 2, 0, wide - 1, tall)), (wide - 1, 0))
    return result
