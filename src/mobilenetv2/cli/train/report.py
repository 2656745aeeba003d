"""How training shows itself: a bar with the time left, a line an epoch, a table at the end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mobilenetv2.cli.console import (
    LINE_SECONDS,
    beside_results,
    in_minutes,
    messages,
    output,
    print_json,
)
from mobilenetv2.weights.checkpoint import Checkpoint

NOT_SHARES = ("val_loss", "val_pictures", "val_temperature")
"""Of what an evaluation finds; all else is shown in percent."""


class TrainingProgress:
    """A bar on a terminal; in a log, a line now and then."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("training", total=None, visible=False, detail="")
        self._began: tuple[float, int] | None = None
        self._shown = monotonic()

    def say(self, text: str) -> None:
        """A sentence on stderr."""
        self._bar.console.print(text, markup=False, soft_wrap=True)

    def step(self, step: int, total: int, loss: float) -> None:
        """Move the bar; evaluation between epochs is part of the rate, and so of the time left."""
        now = monotonic()
        if self._began is None:
            self._began = now, step
        began, first = self._began
        left = (now - began) / (step - first) * (total - step) if step > first else None
        detail = f"loss {loss:.3f}, {_duration(left)} left"
        self._bar.update(self._task, completed=step, total=total, visible=True, detail=detail)
        if not self._bar.console.is_terminal and now - self._shown > LINE_SECONDS:
            self._shown = now
            self.say(f"step {step} of {total}, {detail}")

    def epoch(self, row: Mapping[str, float]) -> None:
        """One line: epoch, losses, metrics in percent."""
        metrics = ", ".join(
            f"{name.removeprefix('val_')} {100 * value:.2f}"
            for name, value in row.items()
            if name.startswith("val_") and name not in NOT_SHARES
        )
        losses = ", ".join(
            f"{name.removeprefix('train_').replace('_', ' ')} {value:.3f}"
            for name, value in row.items()
            if name.startswith("train_")
        )
        if "val_loss" in row:
            losses += f", validation {row['val_loss']:.3f}"
        seconds = row["training_seconds"] + row["validation_seconds"]
        said = f"{losses}, {metrics}" if metrics else losses
        self.say(f"epoch {row['epoch']:.0f}: {said} ({_duration(seconds)})")


@contextmanager
def training_progress() -> Iterator[TrainingProgress]:
    """A reporter for a run, on stderr."""
    console = messages()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}"),
        console=console,
        redirect_stdout=beside_results(),
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield TrainingProgress(bar)


def report_result(checkpoint: Checkpoint, folder: Path, as_json: bool, processes: int) -> None:
    """What was reached, on what and by how many, and where the model is."""
    path = folder / "model.safetensors"
    if as_json:
        metrics = {metric.name: metric.value for metric in checkpoint.metrics}
        print_json({"model": str(path), "processes": processes, **metrics})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "of 100", "pictures", "measured on"):
        table.add_column(heading, justify="left" if heading in ("", "measured on") else "right")
    for metric in checkpoint.metrics:
        table.add_row(
            metric.name.replace("_", " "), f"{100 * metric.value:.2f}", str(metric.count),
            escape(f"{metric.data} ({metric.split})"),
        )  # fmt: skip
    output().print(table)
    if processes > 1:
        output().print(f"Taught by {processes} processes")
    output().print(f"Use it: mobilenetv2 predict --model {path} PICTURE", markup=False)


def _duration(seconds: float | None) -> str:
    return "?" if seconds is None else in_minutes(seconds)
