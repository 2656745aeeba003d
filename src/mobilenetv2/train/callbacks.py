"""Code of others that hears of a run: what it is told, when, and what becomes of its mistakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mobilenetv2.errors import MobileNetV2Error, TrainingError
from mobilenetv2.reading import first_line
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.weights.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known before the first step."""

    folder: Path
    """Gets state, logs and checkpoints."""
    recipe: LoopRecipe
    labels: tuple[str, ...]
    resumed: bool
    """Whether a run is gone on with; its earlier epochs are not told again."""


class Callback(Protocol):
    """What a run calls. Inherit from it and write the methods that you need.

    What you leave out does nothing. All are called in the process that trains, one after another,
    between steps. What one raises ends the run with a sentence; everything is saved by then, and
    the same call goes on.
    """

    def on_start(self, start: RunStart) -> None:  # noqa: ARG002
        """Before the first step of this call."""
        return

    def on_epoch(self, row: Mapping[str, float]) -> None:  # noqa: ARG002
        """After an epoch, its state saved: `row` is what log.csv says of it.

        That is `epoch`, `step`, `learning_rate`, `train_...` of each loss term, `val_...` of each
        metric where there was an evaluation, and the seconds of both.
        """
        return

    def on_end(self, checkpoint: Checkpoint) -> None:  # noqa: ARG002
        """After the last epoch, model.safetensors written: that model. Not after Ctrl-C."""
        return


@dataclass(frozen=True, slots=True)
class Listening:
    """A reporter that tells callbacks of epochs as well. A `Reporter`."""

    reporter: Reporter
    callbacks: Sequence[Callback]
    start: RunStart

    def say(self, text: str) -> None:
        """For people alone."""
        self.reporter.say(text)

    def step(self, step: int, total: int, loss: float) -> None:
        """For people alone."""
        self.reporter.step(step, total, loss)

    def epoch(self, row: Mapping[str, float]) -> None:
        """To people first, then to the callbacks in their order."""
        self.reporter.epoch(row)
        for callback in self.callbacks:
            self._guarded(callback, "on_epoch", lambda one=callback: one.on_epoch(dict(row)))  # type: ignore[misc]

    def begin(self) -> None:
        """Tell the callbacks that it begins.

        Raises:
            TrainingError: one of them raised.
        """
        for callback in self.callbacks:
            self._guarded(callback, "on_start", lambda one=callback: one.on_start(self.start))  # type: ignore[misc]

    def end(self, checkpoint: Checkpoint) -> None:
        """Tell them that it is over.

        Raises:
            TrainingError: one of them raised.
        """
        for callback in self.callbacks:
            self._guarded(callback, "on_end", lambda one=callback: one.on_end(checkpoint))  # type: ignore[misc]

    def _guarded(self, callback: Callback, name: str, call: Callable[[], None]) -> None:
        try:
            call()
        except MobileNetV2Error:
            raise
        # Whatever others' code raises: the run is saved, and a sentence says so.
        except Exception as error:
            raise TrainingError(
                f"{type(callback).__name__}.{name} raised {type(error).__name__}: "
                f"{first_line(error)}. The run is saved in {self.start.folder}: mend the callback, "
                "or leave it out, and run the same again to go on"
            ) from error
