"""Results drawn onto their pictures and videos, as files in a folder."""

from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import cast

from PIL import Image

from mobilenetv2.cli.outputs.annotated_video import AnnotatedVideos
from mobilenetv2.cli.outputs.file_names import FreeNames, make_folder, writing
from mobilenetv2.sources.input import Input, stem_of
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.results import Detections, Result, Segmentation

JPEG_QUALITY = 92

Draw = Callable[[], Image.Image]
"""Makes a result's drawing, once however often it is called."""


class Annotated:
    """`cup.jpg` becomes `cup.predicted.jpg`, and with a segmenter `cup.mask.png` as well.

    A video becomes one: `clip.predicted.mp4`, finished when it is closed. Pictures of one run never
    overwrite each other: the second `cup` becomes `cup-2`. A name that would be too long with its
    new ending is cut short.

    Args:
        folder: where; made.
        tell: told of each video that is done.

    Raises:
        ImageError: the folder cannot be made.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = make_folder(folder)
        self._names = FreeNames()
        self._videos = AnnotatedVideos(self._video_path, tell)

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:
        """Write one result's drawing.

        Returns:
            What a JSON line has to say of the files: the mask's path, if there is one.

        Raises:
            ImageError: a file cannot be written.
        """
        if source.moment is not None:
            frame, drawn = cast("Pixels", source.picture), draw()
            height = drawn.height if isinstance(result, Detections) else len(frame)
            self._videos.add(source.name, source.moment.seconds, drawn, height)
            return {}
        name = self._names.of(source.stem)
        write_picture(draw(), self._folder / f"{name}.predicted.jpg")
        if not isinstance(result, Segmentation):
            return {}
        mask = self._folder / f"{name}.mask.png"
        write_picture(result.mask_picture(), mask)
        return {"mask": str(mask)}

    def close(self) -> None:
        """Finish the last video."""
        self._videos.close()

    def _video_path(self, name: str) -> Path:
        return self._folder / f"{self._names.of(stem_of(name))}.predicted.mp4"


def write_picture(image: Image.Image, target: Path) -> None:
    """In the format that the name asks for; where the disk refuses, no half of it stays.

    Raises:
        ImageError: the disk refuses.
    """
    content = BytesIO()
    image.save(content, Image.registered_extensions()[target.suffix.lower()], quality=JPEG_QUALITY)
    with writing(target):
        try:
            target.write_bytes(content.getbuffer())
        except OSError:
            with suppress(OSError):
                target.unlink()
            raise
