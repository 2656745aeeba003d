"""What every `mobilenetv2 train` command takes, and what it does around a run."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mobilenetv2.cli import INTERRUPTED
from mobilenetv2.cli.console import messages
from mobilenetv2.cli.train.final_page import Judging, write_final_page
from mobilenetv2.cli.train.report import TrainingProgress, report_result, training_progress
from mobilenetv2.errors import RecipeError
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device
    from mobilenetv2.train.recipe import LoopRecipe
    from mobilenetv2.train.teach import RunOptions

    R = TypeVar("R", bound=LoopRecipe)

Command = Callable[..., None]


class InputSize(click.ParamType["tuple[int, int]"]):
    """A side, 320, or both, 361x481, as (height, width) in pixels."""

    name = "pixels"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Refuse anything but one or two whole numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):
            self.fail(f"a size is 320 or 361x481 (height x width), got {value!r}", param, ctx)
        return int(parts[0]), int(parts[-1])


_OPTIONS = (
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        help="Gets state, logs and checkpoints. The same command again goes on where it stopped.",
    ),
    click.option(
        "--recipe",
        "recipe_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A recipe as JSON, such as an earlier run's recipe.json; options override it.",
    ),
    click.option("--epochs", type=click.IntRange(min=1), help="How often every picture is seen."),
    click.option("--batch-size", type=click.IntRange(min=1), help="Pictures a step."),
    click.option("--learning-rate", type=float, help="At its peak."),
    click.option(
        "--size",
        type=InputSize(),
        help="Pixels a side of the input, or HEIGHTxWIDTH.",
    ),
    click.option(
        "--quantize",
        is_flag=True,
        help="End in integers of 8 bits: the last quarter of the epochs trains in them.",
    ),
    click.option("--seed", type=click.IntRange(min=0), help="Of everything random."),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where to compute.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=0),
        help="Processes that decode pictures; by default one for a CPU, up to eight for a GPU.",
    ),
    click.option(
        "--teacher",
        multiple=True,
        help="A network, a file or a name, whose answers are learnt beside the right ones; several "
        "are averaged.",
    ),
    click.option(
        "--unlabeled",
        is_flag=True,
        help="Look at no label of --data: the first --teacher's classes are learnt. By itself so "
        "for a folder of pictures alone.",
    ),
    click.option("--license", default="", help="Of the pictures; kept in the checkpoint."),
    click.option("--dry-run", is_flag=True, help="Report on the data and stop; needs no --out."),
    click.option(
        "--json", "as_json", is_flag=True, help="The result as one JSON object on stdout."
    ),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What was chosen about a run, whatever it teaches."""

    out: Path | None
    recipe_file: Path | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    size: tuple[int, int] | None
    quantize: bool
    seed: int | None
    device: "Device"
    workers: int | None
    teacher: tuple[str, ...]
    unlabeled: bool
    license: str
    dry_run: bool
    as_json: bool

    def folder(self) -> Path:
        """Where the run goes.

        Raises:
            UsageError: nobody said.
        """
        if self.out is None:
            raise click.UsageError("Missing option '--out'.")
        return self.out

    def recipe(self, parse: "Callable[[str], R]", default: "Callable[[], R]") -> "R":
        """The recipe file's, or the default one, with the options that were given.

        Raises:
            RecipeError: a file that is none, or a value out of range.
        """
        recipe = parse(_read(self.recipe_file)) if self.recipe_file else default()
        epochs = self.epochs or recipe.epochs
        # A rate that rises through the whole of a short run never falls: nothing settles.
        longest = epochs if self.epochs is None else epochs / 4
        return replace(
            recipe,
            epochs=epochs,
            warmup_epochs=min(recipe.warmup_epochs, longest),
            batch_size=self.batch_size or recipe.batch_size,
            learning_rate=_or(self.learning_rate, recipe.learning_rate),
            size=self.size or recipe.size,
            quantize_epochs=min(epochs, recipe.quantize_epochs or self._quantized(epochs)),
            seed=_or(self.seed, recipe.seed),
        )

    def _quantized(self, epochs: int) -> int:
        """How many of the epochs --quantize means."""
        return -(-epochs // 4) if self.quantize else 0

    def teach(
        self,
        fit: "Callable[[Path, RunOptions], Checkpoint]",
        teachers: Sequence[Checkpoint] = (),
        *,
        judged_on: int,
        judge: Judging | None,
    ) -> None:
        """Run `fit` with a bar, then say what was reached and write a page on it.

        Args:
            fit: the run.
            teachers: that teach in it.
            judged_on: how many pictures `judge` looks at.
            judge: what the page tells; None, no page: there are no right answers.
        """
        out = self.folder()
        with run_reporter() as reporter:
            checkpoint = fit(
                out,
                {
                    "device": self.device,
                    "workers": self.workers,
                    "license": self.license,
                    "teachers": teachers,
                    "reporter": reporter,
                },
            )
        report_result(checkpoint, out, self.as_json)
        if judge is not None:
            write_final_page(checkpoint, out, judged_on, judge)


def run_options(command: Command) -> Command:
    """--out to --json, the same for every task, gathered in one argument `run`."""
    names = [field.name for field in fields(Run)]

    def gathered(**options: object) -> None:
        run = Run(**{name: options.pop(name) for name in names})  # type: ignore[arg-type]
        if not run.dry_run:
            from mobilenetv2.train.requirements import require_torch

            run.folder()
            require_torch()
        command(**options, run=run)

    decorated: Command = update_wrapper(gathered, command)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


@contextmanager
def run_reporter() -> Iterator[TrainingProgress]:
    """A reporter for a run; an interrupted run says where it is and ends with status 130."""
    from mobilenetv2.train import TrainingInterrupted

    try:
        with training_progress() as reporter:
            yield reporter
    except TrainingInterrupted as stopped:
        messages().print(str(stopped), soft_wrap=True, markup=False)
        sys.exit(INTERRUPTED)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error


V = TypeVar("V")


def _or(chosen: V | None, default: V) -> V:
    return default if chosen is None else chosen
