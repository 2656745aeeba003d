"""What a detector found as YOLO's label files: a start for annotating by hand."""

from pathlib import Path

from mobilenetv2.cli.outputs.annotated import Draw
from mobilenetv2.cli.outputs.file_names import FreeNames, make_folder, writing
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.results import Detections, Result

CLASSES = "classes.txt"


class YoloFiles:
    """`cup.jpg` gets `cup.txt`: class, center x, center y, width, height as shares.

    Without the score: labelImg and CVAT take exactly five words a line. An empty file stands for
    a picture in which nothing was found. `classes.txt` names the classes.
    """

    def __init__(self, folder: Path, labels: tuple[str, ...]) -> None:
        """Make the folder and the list of classes.

        Raises:
            ImageError: they cannot be made.
        """
        self._folder = make_folder(folder)
        self._names = FreeNames()
        # No picture's file may take its place.
        self._names.of(Path(CLASSES).stem)
        with writing(folder / CLASSES):
            (folder / CLASSES).write_text("".join(f"{label}\n" for label in labels), "utf-8")

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:  # noqa: ARG002 - nothing is drawn
        """Write a picture's file.

        Raises:
            ImageError: it cannot be written.
        """
        if not isinstance(result, Detections):
            return {}
        target = self._folder / f"{self._names.of(source.stem)}.txt"
        lines = [
            f"{found.index} " + " ".join(f"{number:.6f}" for number in place)
            for found, place in zip(result.predictions, result.shares, strict=True)
        ]
        with writing(target):
            target.write_text("".join(f"{line}\n" for line in lines), "ascii")
        return {}

    def close(self) -> None:
        """Every file is complete already."""
