"""A search for a recipe: runs with other values, each judged by a figure, the worst ended early.

What is tried lies in a journal beside the runs, so that a search that was killed goes on, and with
it the run in which it was killed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

from mobilenetv2.errors import MissingDependencyError, MobileNetV2Error, TrainingError
from mobilenetv2.train.callbacks import Callback
from mobilenetv2.train.loggers.figures import settings
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.recipe_values import with_values
from mobilenetv2.train.state import write_text
from mobilenetv2.weights.checkpoint import Checkpoint

JOURNAL = "search.journal"
BEFORE_PRUNING = 4
"""Runs that are let to their end before one is ended that is worse than half of them."""

RANGES: Mapping[str, tuple[float, float]] = {
    "weight_decay": (1e-3, 0.2),
    "backbone_rate": (0.03, 1.0),
    "dropout": (0.0, 0.5),
    "label_smoothing": (0.0, 0.2),
    "augmentation.color_jitter": (0.0, 0.5),
    "augmentation.photometric": (0.0, 1.0),
}
"""What is tried beside the learning rate, from a tenth to ten times its own; of these what the
recipe has. Rates and the weight decay are drawn by their logarithm."""

BY_LOGARITHM = ("learning_rate", "weight_decay", "backbone_rate")
DIGITS = 4

R = TypeVar("R", bound=LoopRecipe)


class PrunedError(MobileNetV2Error):
    """A run of a search that was worse than half of the others at the same epoch."""


@dataclass(frozen=True, slots=True)
class Tried(Generic[R]):
    """One run of a search."""

    recipe: R
    folder: Path
    figure: float


@dataclass(frozen=True, slots=True)
class Search(Generic[R]):
    """What a search is told, and how it tries a recipe."""

    folder: Path
    recipe: R
    """From which it starts, and which is the first to be tried."""
    figure: str
    """By which epochs are ranked, more is better."""
    train: Callable[[Path, R, Sequence[Callback]], Checkpoint]
    say: Callable[[str], None]

    def run(self, trials: int, seconds: float | None) -> tuple[Tried[R] | None, Tried[R]]:
        """The starting recipe's run and the best one, after so many runs or so long.

        The first is None where the starting recipe came to no end, as with a loss that grew
        beyond numbers.

        Args:
            trials: how many runs in all, those of an earlier call counted.
            seconds: after which none begins; None: no limit.

        Raises:
            MissingDependencyError: optuna is not installed.
            TrainingError: the folder holds the search of another recipe.
        """
        study = self._study()
        started = monotonic()
        while (number := len(self._ended(study))) < trials:
            if number and seconds is not None and monotonic() - started > seconds:
                self.say(f"{number} of {trials} runs within the time; the same again goes on")
                break
            self._try(study, number + 1, trials)
        return self._outcome(study)

    def _study(self) -> Any:  # noqa: ANN401 - optuna has no types that hold without it
        optuna = _optuna()
        self._claim()
        backend = optuna.storages.journal.JournalFileBackend(str(self.folder / JOURNAL))
        seen = optuna.storages.JournalStorage(backend)
        study = optuna.create_study(
            storage=seen, study_name="recipe", direction="maximize", load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING),
        )  # fmt: skip
        # Of the seed alone a search that goes on would draw what it drew before.
        drawn = self.recipe.seed + len(study.trials)
        study.sampler = optuna.samplers.TPESampler(seed=drawn % 2**32)
        states = optuna.trial.TrialState
        killed = [one for one in study.trials if one.state == states.RUNNING]
        for one in killed:
            study.tell(one.number, state=states.FAIL)
            study.enqueue_trial(one.params or self._start())
        if not study.trials:
            study.enqueue_trial(self._start())
        return study

    def _claim(self) -> None:
        """Refuse the folder of another search."""
        kept, wanted = self.folder / "start.json", self.recipe.to_json() + "\n"
        if kept.is_file() and kept.read_text("utf-8") != wanted:
            raise TrainingError(
                f"{self.folder} holds a search that began from another recipe. Give the same "
                "settings to go on with it, or choose another folder for --out"
            )
        write_text(kept, wanted)

    def _try(self, study: Any, number: int, of: int) -> None:  # noqa: ANN401
        trial = study.ask()
        chosen = self._suggested(trial)
        states = _optuna().trial.TrialState
        recipe = self._recipe(chosen)
        self.say(f"run {number} of {of}: {_in_words(chosen)}")
        try:
            made = self.train(self.place(recipe), recipe, (_Pruner(trial, self.figure),))
        except PrunedError as pruned:
            self.say(f"run {number}: {pruned}")
            study.tell(trial, state=states.PRUNED)
            return
        except TrainingError as error:
            # Such as a loss that is not finite: of these values nobody wants to know more.
            self.say(f"run {number}: {error}")
            study.tell(trial, state=states.PRUNED)
            return
        reached = next(one.value for one in made.metrics if one.name == self.figure)
        study.tell(trial, reached)
        self.say(f"run {number}: {self.figure.replace('_', ' ')} {100 * reached:.2f}")

    def place(self, recipe: R) -> Path:
        """The folder of a recipe's run, whichever number it has."""
        return self.folder / "runs" / hashlib.sha256(recipe.to_json().encode()).hexdigest()[:12]

    def _recipe(self, values: Mapping[str, float]) -> R:
        if values == self._start():
            return self.recipe
        return with_values(
            self.recipe, [f"{name}={one:.{DIGITS}g}" for name, one in values.items()]
        )

    def _start(self) -> dict[str, float]:
        own = settings(self.recipe)
        return {name: _clipped(own[name], span) for name, span in self._spans().items()}

    def _spans(self) -> dict[str, tuple[float, float]]:
        rate = self.recipe.learning_rate
        own = settings(self.recipe)
        spans = {"learning_rate": (rate / 10, rate * 10)}
        return spans | {name: span for name, span in RANGES.items() if name in own}

    def _suggested(self, trial: Any) -> dict[str, float]:  # noqa: ANN401
        return {
            name: trial.suggest_float(name, low, high, log=name in BY_LOGARITHM)
            for name, (low, high) in self._spans().items()
        }

    def _ended(self, study: Any) -> list[Any]:  # noqa: ANN401
        states = _optuna().trial.TrialState
        return [one for one in study.trials if one.state in (states.COMPLETE, states.PRUNED)]

    def _outcome(self, study: Any) -> tuple[Tried[R] | None, Tried[R]]:  # noqa: ANN401
        states = _optuna().trial.TrialState
        whole = [one for one in study.trials if one.state == states.COMPLETE]
        if not whole:
            raise TrainingError(f"no run of the search in {self.folder} came to its end")
        first = next((one for one in whole if self._recipe(one.params) == self.recipe), None)
        best = max(whole, key=lambda one: one.value)
        return first and self._tried(first), self._tried(best)

    def _tried(self, trial: Any) -> Tried[R]:  # noqa: ANN401
        recipe = self._recipe(trial.params)
        return Tried(recipe, self.place(recipe), trial.value)


class _Pruner(Callback):
    """Ends a run that is worse than half of those before it at the same epoch."""

    def __init__(self, trial: Any, figure: str) -> None:  # noqa: ANN401
        self._trial = trial
        self._column = f"val_{figure}"

    def on_epoch(self, row: Mapping[str, float]) -> None:
        if self._column not in row:
            return
        self._trial.report(row[self._column], int(row["epoch"]))
        if self._trial.should_prune():
            raise PrunedError(
                f"ended after epoch {row['epoch']:.0f} at {100 * row[self._column]:.2f}: half of "
                "the runs before were better by then"
            )


def _optuna() -> Any:  # noqa: ANN401
    try:
        import optuna
    except ImportError as error:
        raise MissingDependencyError("optuna", "tune", "A search") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _clipped(value: object, span: tuple[float, float]) -> float:
    number = json.loads(json.dumps(value))
    return float(min(max(number, span[0]), span[1]))


def _in_words(chosen: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in chosen.items())
