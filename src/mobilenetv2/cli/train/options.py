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
from mobilenetv2.cli.places import require_folder
from mobilenetv2.cli.train.declared import OPTIONS
from mobilenetv2.cli.train.final_page import Judging, write_final_page
from mobilenetv2.cli.train.report import TrainingProgress, report_result, training_progress
from mobilenetv2.cli.train.together import one_voice, start_processes
from mobilenetv2.errors import RecipeError, TrainingError
from mobilenetv2.train.launched import launched
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device
    from mobilenetv2.train.loggers.choose import Log
    from mobilenetv2.train.recipe import LoopRecipe
    from mobilenetv2.train.teach import RunOptions

    R = TypeVar("R", bound=LoopRecipe)

Command = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Run:
    """What was chosen about a run, whatever it teaches."""

    out: Path | None
    recipe_file: Path | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    size: tuple[int, int] | None
    values: tuple[str, ...]
    width: float | None
    minutes: float | None
    resume: bool
    quantize: bool
    stretch: bool
    seed: int | None
    device: "Device"
    workers: int | None
    processes: int | None
    teacher: tuple[str, ...]
    unlabeled: bool
    log: tuple["Log", ...]
    license: str
    dry_run: bool
    as_json: bool
    trials: int | None
    """Runs of a search for a recipe; None: one run by the recipe."""

    def folder(self) -> Path:
        """Where the run goes.

        Raises:
            UsageError: nobody said.
        """
        if self.out is None:
            raise click.UsageError("Missing option '--out'.")
        return self.out

    def require_folder(self) -> None:
        """See before the run that it can be kept.

        Raises:
            UsageError: nobody said where.
            DatasetError: that folder takes no files.
        """
        require_folder("--out", self.folder())

    def recipe(self, parse: "Callable[[str], R]", default: "Callable[[], R]") -> "R":
        """The recipe file's, or the default one, with the options that were given.

        Raises:
            RecipeError: a file that is none, or a value out of range.
        """
        from mobilenetv2.train.recipe_values import with_values

        file = self._own_recipe() if self.resume else self.recipe_file
        began = parse(_read(file)) if file else default()
        recipe = with_values(began, self._once())
        epochs = self.epochs or recipe.epochs
        if self.resume and recipe.quantize_epochs:
            # What a run has begun in integers ends in them.
            longer = recipe.quantize_epochs + epochs - began.epochs
            recipe = replace(recipe, epochs=epochs, quantize_epochs=longer)
        # A rate that rises through the whole of a short run never falls: nothing settles.
        longest = epochs if self.epochs is None else epochs / 4
        return replace(
            recipe,
            epochs=epochs,
            warmup_epochs=min(recipe.warmup_epochs, longest),
            batch_size=self.batch_size or recipe.batch_size,
            learning_rate=_or(self.learning_rate, recipe.learning_rate),
            size=self.size or recipe.size,
            stretch=self.stretch or recipe.stretch,
            quantize_epochs=min(epochs, recipe.quantize_epochs or self._quantized(epochs)),
            seed=_or(self.seed, recipe.seed),
        )

    def began(self, kind: "type[R]") -> "R":
        """The recipe by which the run that is gone on with began.

        Raises:
            UsageError: another recipe is named as well.
            TrainingError: there is no run.
            RecipeError: a file that is no recipe of that kind.
        """
        from mobilenetv2.train.recipe import parse_recipe

        return parse_recipe(_read(self._own_recipe()), kind)

    def _own_recipe(self) -> Path:
        """Of the run that is gone on with.

        Raises:
            UsageError: another file is named as well.
            TrainingError: there is no run.
        """
        if self.recipe_file:
            raise click.UsageError(
                f"--resume takes the run's own recipe, got --recipe {self.recipe_file} as well"
            )
        file = self.folder() / "recipe.json"
        if not file.is_file():
            raise TrainingError(
                f"--resume: {self.folder()} holds no run that has begun (no {file.name}): nothing "
                "was kept there. Give the same command without --resume, and it begins"
            )
        return file

    def _once(self) -> tuple[str, ...]:
        """What --set was given, none of it by an option of its own as well."""
        options = ("epochs", "batch_size", "learning_rate", "size", "seed")
        for text in self.values:
            name = text.partition("=")[0].strip()
            if name in options and getattr(self, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise click.UsageError(f"{option} and --set {text} say the same; leave out either")
        return self.values

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
        from mobilenetv2.train.loggers.choose import logger

        out = self.folder()
        callbacks = [logger(name) for name in self.log]
        with run_reporter() as reporter:
            checkpoint = fit(
                out,
                {
                    "device": self.device,
                    "workers": self.workers,
                    "license": self.license,
                    "teachers": teachers,
                    "callbacks": callbacks,
                    "minutes": self.minutes,
                    "longer": self.resume,
                    "reporter": reporter,
                },
            )
        here = launched()
        if not here.first:
            return
        report_result(checkpoint, out, self.as_json, here.share.number)
        if judge is not None:
            write_final_page(checkpoint, out, judged_on, judge)


def run_options(command: Command) -> Command:
    """--out to --json, the same for every task, gathered in one argument `run`."""
    names = [field.name for field in fields(Run)]

    def gathered(**options: object) -> None:
        # `tune` alone has trials.
        run = Run(**{name: options.pop(name, None) for name in names})  # type: ignore[arg-type]
        with one_voice():
            if not run.dry_run:
                from mobilenetv2.train.requirements import require_torch

                run.require_folder()
                require_torch()
            status = start_processes(run.processes, run.dry_run)
            if status is None:
                command(**options, run=run)
            else:
                sys.exit(status)

    decorated: Command = update_wrapper(gathered, command)
    for option in reversed(OPTIONS):
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
