"""What a detector found as YOLO's label files: a start for annotating by hand."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from mobilenetv2.cli.outputs.annotated import Draw
from mobilenetv2.cli.outputs.file_names import FreeNames, make_folder, writing
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.results import Detections, Result

CLASSES = "classes.txt"


class YoloFiles:
    """`cup.jpg` gets `cup.txt`: class, center x, center y, width, height as shares.

    Without the score: labelImg and CVAT take exactly five words a line. An empty file stands for
    a picture in which nothing was found. `classes.txt` names the classes. Folders within the one
    that was given are kept: where labels lie is how YOLO's tools know whose they are.
    """

    def __init__(
        self,
        folder: Path,
        labels: tuple[str, ...],
        given: Sequence[Path],
        tell: Callable[[str], None],
    ) -> None:
        """Make the folder and the list of classes.

        Args:
            folder: for all of it.
            labels: the model's.
            given: the folders in which pictures were looked for.
            tell: told of files whose names are not their pictures'.

        Raises:
            ImageError: they cannot be made.
        """
        self._folder = make_folder(folder)
        self._given, self._tell = given, tell
        self._names: defaultdict[Path, FreeNames] = defaultdict(FreeNames)
        self._numbered: list[str] = []
        # No picture's file may take its place.
        self._names[self._folder].of(Path(CLASSES).stem)
        with writing(folder / CLASSES):
            (folder / CLASSES).write_text("".join(f"{label}\n" for label in labels), "utf-8")

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:  # noqa: ARG002 - nothing is drawn
        """Write a picture's file.

        Raises:
            ImageError: it cannot be written.
        """
        if not isinstance(result, Detections):
            return {}
        folder = self._folder / self._within(source)
        if folder not in self._names:
            make_folder(folder)
        name = self._names[folder].of(source.stem)
        if name != source.stem:
            self._numbered.append(f"{name}.txt of {source.name}")
        lines = [
            f"{found.index} " + " ".join(f"{number:.6f}" for number in place)
            for found, place in zip(result.predictions, result.shares, strict=True)
        ]
        target = folder / f"{name}.txt"
        with writing(target):
            target.write_text("".join(f"{line}\n" for line in lines), "ascii")
        return {}

    def close(self) -> None:
        """Every file is complete already; say which of them a tool would take for another's."""
        if self._numbered:
            others = len(self._numbered) - 1
            self._tell(
                f"{self._folder}: pictures share a name, so label files were given others: "
                f"{self._numbered[0]}" + (f" and {others} more" if others else "")
            )

    def _within(self, source: Input) -> Path:
        """The picture's folder, from the one in which it was looked for."""
        path = Path(source.name)
        for folder in self._given:
            if source.moment is None and path.is_relative_to(folder):
                return path.parent.relative_to(folder)
        return Path()
