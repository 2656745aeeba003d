"""`mobilenetv2 predict`: label pictures."""

import glob
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.loading import open_model
from mobilenetv2.errors import ImageError
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.pipeline import Answer, predict_many
from mobilenetv2.tasks.image import find_pictures


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option("--top", default=5, show_default=True, type=click.IntRange(min=1), help="Answers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--save", type=click.Path(path_type=Path), help="Write annotated pictures here.")
def predict(paths: tuple[str, ...], model: str, top: int, as_json: bool, save: Path | None) -> None:
    """Label pictures: files, folders (searched through) and patterns such as 'photos/*.jpg'.

    Exit status 1 when a picture could not be read; the others are labeled all the same.
    """
    pictures = _expand(paths)
    loaded = open_model(model)
    show = _json_printer() if as_json else _table_collector()
    failures = 0
    names = _SaveNames(save) if save else None
    with counting("Labeling", len(pictures)) as advance:
        for answer in predict_many(loaded, pictures, top):
            failures += not _deliver(answer, show, names)
            advance()
    show(None)
    if failures:
        messages().print(f"[red]{failures} of {len(pictures)} pictures could not be read[/red]")
        sys.exit(1)


def _deliver(
    answer: Answer, show: Callable[[Answer | None], None], names: "_SaveNames | None"
) -> bool:
    """Show one answer, save its picture; False when the picture was bad."""
    if answer.prediction is None:
        messages().print(f"[red]error:[/red] {escape(answer.error or '')}", soft_wrap=True)
    show(answer)
    if names and answer.prediction:
        names.save(answer)
    return answer.prediction is not None


def _expand(paths: Iterable[str]) -> list[Path]:
    """Files as given, folders and patterns as the pictures in them; each once, in order."""
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            inside = find_pictures(path)
            if not inside:
                raise ImageError(f"{name} must hold at least one picture, got none")
            found.extend(inside)
        elif not path.exists() and glob.has_magic(name):
            matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 - from anywhere
            if not matches:
                raise ImageError(f"the pattern {name!r} must match at least one file, got none")
            found.extend(match for match in matches if match.is_file())
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _json_printer() -> Callable[[Answer | None], None]:
    def show(answer: Answer | None) -> None:
        if answer:
            print_json(answer.to_json())

    return show


def _table_collector() -> Callable[[Answer | None], None]:
    """Collects answers, prints them as one table when called with None."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("picture", overflow="fold")
    table.add_column("label", style="bold")
    table.add_column("score", justify="right")
    table.add_column("then", style="dim", overflow="fold")

    def show(answer: Answer | None) -> None:
        if answer is None:
            if table.row_count:
                output().print(table)
        elif answer.prediction:
            best, *rest = answer.prediction.predictions
            then = " · ".join(f"{item.label} {item.score:.1%}" for item in rest)
            name = escape(str(answer.path))
            table.add_row(name, escape(best.label), f"{best.score:.1%}", escape(then))

    return show


class _SaveNames:
    """Annotated pictures in a folder: `cup.jpg` becomes `cup.predicted.jpg`, never overwritten
    by another picture of the same run that happens to have the same name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"cannot make the folder {folder}: {error.strerror}") from error

    def save(self, answer: Answer) -> None:
        if answer.prediction is None:
            return
        name, number = f"{answer.path.stem}.predicted.jpg", 2
        while name in self._taken:
            name, number = f"{answer.path.stem}-{number}.predicted.jpg", number + 1
        self._taken.add(name)
        target = self._folder / name
        try:
            answer.prediction.draw(answer.path).save(target, quality=92)
        except OSError as error:
            raise ImageError(f"cannot write {target}: {error.strerror or error}") from error
