"""What a detector found as COCO results."""

import json
from pathlib import Path
from typing import TextIO

from mobilenetv2.cli.outputs.annotated import Draw
from mobilenetv2.cli.outputs.file_names import writing
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.results import Detections, Result

IMAGES_SUFFIX = ".images.json"


class CocoFile:
    """A list of `{"image_id", "category_id", "bbox": [x, y, width, height], "score"}`.

    A picture named by a number, as COCO's own are, has that as its id, others count from 1 on;
    a category's id is its label's place, from 1 on. `found.images.json` beside `found.json` lists
    both with their names, as an annotation file does.
    """

    def __init__(self, path: Path, labels: tuple[str, ...]) -> None:
        """Open the file.

        Raises:
            ImageError: it cannot be written.
        """
        self._path = path
        self._labels = labels
        self._images: list[dict[str, object]] = []
        self._ids: set[int] = set()
        self._next = 1
        self._first = True
        with writing(path):
            self._file: TextIO = path.open("w", encoding="ascii")
            self._file.write("[")

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:  # noqa: ARG002 - nothing is drawn
        """Write a picture's boxes.

        Raises:
            ImageError: they cannot be written.
        """
        if not isinstance(result, Detections) or result.size is None:
            return {}
        number = self._id_of(source.stem)
        height, width = result.size
        self._images.append(
            {"id": number, "file_name": _file_name(source), "height": height, "width": width}
        )
        with writing(self._path):
            for found in result.predictions:
                left, top, right, bottom = found.box
                box = (left, top, right - left, bottom - top)
                line = {
                    "image_id": number,
                    "category_id": found.index + 1,
                    "bbox": [round(side, 2) for side in box],
                    "score": round(found.score, 6),
                }
                self._file.write(("\n" if self._first else ",\n") + json.dumps(line))
                self._first = False
        return {}

    def close(self) -> None:
        """End the list, and write what its numbers mean.

        Raises:
            ImageError: it cannot be written.
        """
        names = self._path.with_name(self._path.stem + IMAGES_SUFFIX)
        with writing(self._path), self._file:
            self._file.write("\n]\n")
        categories = [{"id": index + 1, "name": name} for index, name in enumerate(self._labels)]
        with writing(names):
            names.write_text(
                json.dumps({"images": self._images, "categories": categories}), "ascii"
            )

    def _id_of(self, stem: str) -> int:
        own = int(stem) if stem.isascii() and stem.isdecimal() and len(stem) < 19 else None
        if own is None or own in self._ids:
            while self._next in self._ids:
                self._next += 1
            own = self._next
        self._ids.add(own)
        return own


def _file_name(source: Input) -> str:
    """A picture's own; a frame's is what a file made of it would be called."""
    return f"{source.stem}.jpg" if source.moment else Path(source.name).name
