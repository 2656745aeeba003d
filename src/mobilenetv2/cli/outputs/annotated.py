"""Results drawn onto their pictures, as files in a folder."""

from pathlib import Path

from PIL import Image

from mobilenetv2.cli.outputs.file_names import FreeNames, make_folder, writing
from mobilenetv2.tasks.image import Picture
from mobilenetv2.tasks.results import Result, Segmentation

JPEG_QUALITY = 92


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
        self._folder = make_folder(folder)
        self._names = FreeNames()

    def add(self, path: Path, picture: Picture, result: Result) -> dict[str, object]:
        """Draw one result onto its picture.

        Returns:
            What a JSON line has to say of the files: the mask's path, if there is one.

        Raises:
            ImageError: a file cannot be written.
        """
        name = self._names.of(path.stem)
        write_picture(result.draw(picture), self._folder / f"{name}.predicted.jpg")
        if not isinstance(result, Segmentation):
            return {}
        mask = self._folder / f"{name}.mask.png"
        write_picture(result.mask_picture(), mask)
        return {"mask": str(mask)}

    def close(self) -> None:
        """Every picture is complete already."""


def write_picture(image: Image.Image, target: Path) -> None:
    """In the format that the name asks for.

    Raises:
        ImageError: the disk refuses.
    """
    with writing(target):
        image.save(target, quality=JPEG_QUALITY)
