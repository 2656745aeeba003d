"""Results drawn onto their pictures, as files in a folder."""

import os
import sys
from pathlib import Path

from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.results import Result, Segmentation

JPEG_QUALITY = 92
LONGEST_STEM = 200
"""Bytes. File systems have names of up to 255; the rest is for a number and an ending."""


class AnnotatedPictures:
    """`cup.jpg` becomes `cup.predicted.jpg`, and with a segmenter `cup.mask.png` as well.

    Pictures of one run never overwrite each other: the second `cup` becomes `cup-2`. A name that
    would be too long with its new ending is cut short.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            ImageError: it cannot be made.
        """
        self._folder = folder
        self._taken: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"cannot make the folder {folder}: {error.strerror}") from error

    def save(self, path: Path, result: Result) -> dict[str, object]:
        """Draw one result onto its picture.

        Returns:
            What a JSON line has to say of the files: the mask's path, if there is one.

        Raises:
            ImageError: a file cannot be written.
        """
        name = self._free_name(path.stem)
        _write(result.draw(path), self._folder / f"{name}.predicted.jpg")
        if not isinstance(result, Segmentation):
            return {}
        mask = self._folder / f"{name}.mask.png"
        _write(result.mask_picture(), mask)
        return {"mask": str(mask)}

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
