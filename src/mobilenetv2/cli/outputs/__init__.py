"""Where `predict` writes beside stdout: each output is a file or folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import click

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.results import Result

if TYPE_CHECKING:
    from mobilenetv2.cli.outputs.annotated import Draw
    from mobilenetv2.cli.outputs.csv_file import CsvFile

Command = Callable[..., None]


_OFFERED = (
    ("save", "DIR", "Write what is found, drawn, here."),
    ("csv", "FILE", "A row an answer."),
    ("crops", "DIR", "Detectors: what was found, in folders by label."),
    ("yolo", "DIR", "Detectors: boxes as YOLO label files."),
    ("coco", "FILE", "Detectors: boxes as COCO results."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The files and folders that were asked for."""

    save: Path | None = None
    csv: Path | None = None
    crops: Path | None = None
    yolo: Path | None = None
    coco: Path | None = None

    def check(self, task: Task) -> None:
        """Refuse what a task has nothing to write into, and what no file is called.

        Raises:
            UsageError: boxes are wanted of a model that finds none, or a file is to be "-".
        """
        for name in ("csv", "coco"):
            if getattr(self, name) == Path("-"):
                raise click.UsageError(
                    f"--{name} writes a file, got '-'; on standard output --json has a line a "
                    "picture"
                )
        for name in ("crops", "yolo", "coco"):
            if getattr(self, name) and task != "detection":
                raise click.UsageError(f"--{name} is for detectors; this model is for {task}")


def output_options(command: Command) -> Command:
    """--save to --coco, gathered in one argument `wanted`."""

    def gathered(**given: object) -> None:
        files = {name: given.pop(name) for name, _, _ in _OFFERED}
        command(**given, wanted=Wanted(**files))  # type: ignore[arg-type]

    decorated: Command = update_wrapper(gathered, command)
    for name, kind, text in reversed(_OFFERED):
        path = click.Path(path_type=Path, dir_okay=kind == "DIR", file_okay=kind == "FILE")
        decorated = click.option(f"--{name}", metavar=kind, type=path, help=text)(decorated)
    return decorated


class Sink(Protocol):
    """One output, which takes results as they come."""

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:
        """Take a picture's result; gives what its JSON line has to say of the files."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


class Outputs:
    """All that was asked for; complete when left, also where a run ends early.

    Args:
        wanted: files and folders.
        task: the model's.
        labels: the model's.
        frames: whether there are frames of videos among the pictures.
        given: the folders in which pictures were looked for.
        tell: told of each video that is written, and of names that are not a picture's.

    Raises:
        ImageError: one of them cannot be made.
    """

    def __init__(
        self,
        wanted: Wanted,
        task: Task,
        labels: tuple[str, ...],
        *,
        frames: bool,
        given: Sequence[Path] = (),
        tell: Callable[[str], None],
    ) -> None:
        self._csv: CsvFile | None = None
        self._sinks: list[Sink] = []
        # Each is imported where it is asked for: most runs want none.
        if wanted.csv:
            from mobilenetv2.cli.outputs.csv_file import CsvFile

            self._csv = CsvFile(wanted.csv, task, frames=frames)
            self._sinks.append(self._csv)
        if wanted.save:
            from mobilenetv2.cli.outputs.annotated import Annotated

            self._sinks.append(Annotated(wanted.save, tell))
        if wanted.crops:
            from mobilenetv2.cli.outputs.crops import Crops

            self._sinks.append(Crops(wanted.crops))
        if wanted.yolo:
            from mobilenetv2.cli.outputs.yolo_files import YoloFiles

            self._sinks.append(YoloFiles(wanted.yolo, labels, given, tell))
        if wanted.coco:
            from mobilenetv2.cli.outputs.coco_file import CocoFile

            self._sinks.append(CocoFile(wanted.coco, labels))

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:
        """Hand a picture's result to each; gives what its JSON line has to say of the files.

        Args:
            source: the picture.
            result: what was said of it.
            draw: makes a drawing of both.

        Raises:
            ImageError: a file cannot be written.
        """
        said: dict[str, object] = {}
        for sink in self._sinks:
            said |= sink.add(source, result, draw)
        return said

    def add_error(self, source: Input, error: str) -> None:
        """Note a picture that could not be read.

        Raises:
            ImageError: a file cannot be written.
        """
        if self._csv:
            self._csv.add_error(source, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sink in self._sinks:
            sink.close()
