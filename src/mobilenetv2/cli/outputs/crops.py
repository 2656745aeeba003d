"""What a detector found, cut out of its pictures and sorted by label."""

import math
from pathlib import Path

from PIL import Image

from mobilenetv2.cli.outputs.annotated import Draw, write_picture
from mobilenetv2.cli.outputs.file_names import FreeNames, label_folder, make_folder
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.image import decode_to_show
from mobilenetv2.tasks.results import Detections, Result


class Crops:
    """A cat in `sofa.jpg` becomes `cat/sofa.jpg`, the next one `cat/sofa-2.jpg`."""

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            ImageError: it cannot be made.
        """
        self._folder = make_folder(folder)
        self._names: dict[str, FreeNames] = {}

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:  # noqa: ARG002 - cut out of the plain picture
        """Write a file for each box, whole pixels that it touches.

        Raises:
            ImageError: a file cannot be written.
        """
        if not isinstance(result, Detections) or not result:
            return {}
        whole = Image.fromarray(decode_to_show(source.picture))
        for found in result.predictions:
            left, top, right, bottom = found.box
            label = label_folder(found.label)
            if label not in self._names:
                make_folder(self._folder / label)
                self._names[label] = FreeNames()
            name = self._names[label].of(source.stem)
            part = whole.crop(
                (math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
            )
            write_picture(part, self._folder / label / f"{name}.jpg")
        return {}

    def close(self) -> None:
        """Every crop is complete already."""
