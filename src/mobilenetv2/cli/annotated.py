"""Results drawn onto their pictures and videos, as files in a folder."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

from PIL import Image

from mobilenetv2.cli.annotated_video import AnnotatedVideos
from mobilenetv2.errors import ImageError
from mobilenetv2.sources.input import Input, stem_of
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.results import Detections, Result, Segmentation

JPEG_QUALITY = 92
LONGEST_STEM = 200
"""Bytes. File systems have names of up to 255; the rest is for a number and an ending."""


class Annotated:
    """`cup.jpg` becomes `cup.predicted.jpg`, and with a segmenter `cup.mask.png` as well.

    A video becomes one: `clip.predicted.mp4`, finished when the block ends, however it ends.
    Pictures of one run never overwrite each other: the second `cup` becomes `cup-2`. A name that
    would be too long with its new ending is cut short.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        """Make the folder.

        Args:
            folder: where.
            tell: told of each video that is done.

        Raises:
            ImageError: it cannot be made.
        """
        self._folder = folder
        self._taken: set[str] = set()
        self._videos = AnnotatedVideos(self._video_path, tell)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"cannot make the folder {folder}: {error.strerror}") from error

    def __enter__(self) -> Self:
        """Nothing to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the last video."""
        self._videos.close()

    def save(self, source: Input, result: Result, drawn: Image.Image) -> dict[str, object]:
        """Write one result's drawing.

        Args:
            source: the picture.
            result: what is said of it.
            drawn: that, on the picture.

        Returns:
            What a JSON line has to say of the files: the mask's path, if there is one.

        Raises:
            ImageError: a file cannot be written.
        """
        if source.moment is not None:
            frame = cast("Pixels", source.picture)
            height = drawn.height if isinstance(result, Detections) else len(frame)
            self._videos.add(source.name, source.moment.seconds, drawn, height)
            return {}
        name = self._free_name(source.stem)
        _write(drawn, self._folder / f"{name}.predicted.jpg")
        if not isinstance(result, Segmentation):
            return {}
        mask = self._folder / f"{name}.mask.png"
        _write(result.mask_picture(), mask)
        return {"mask": str(mask)}

    def _video_path(self, name: str) -> Path:
        return self._folder / f"{self._free_name(stem_of(name))}.predicted.mp4"

    def _free_name(self, stem: str) -> str:
        encoded = os.fsencode(stem)
        if len(encoded) > LONGEST_STEM:  # in bytes, as file systems count
            # Half a letter at the cut is dropped.
            stem = encoded[:LONGEST_STEM].decode(sys.getfilesystemencoding(), "ignore")
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem}-{number}", number + 1
        self._taken.add(name)
        return name


def _write(image: Image.Image, target: Path) -> None:
    try:
        image.save(target, quality=JPEG_QUALITY)
    except OSError as error:
        raise ImageError(f"cannot write {target}: {error.strerror or error}") from error
