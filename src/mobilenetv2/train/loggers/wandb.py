"""A run in Weights & Biases: offline, unless somebody says otherwise."""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.train.callbacks import Callback, RunStart
from mobilenetv2.train.loggers.figures import figures, settings
from mobilenetv2.weights.checkpoint import Checkpoint

MODE = "WANDB_MODE"
"""The environment's word of Weights & Biases' own: "online" sends figures to its service."""
PROJECT = "WANDB_PROJECT"


class WeightsAndBiases(Callback):
    """Writes `wandb/` in the run's folder, to be sent with `wandb sync`.

    Nothing leaves the machine unless WANDB_MODE says "online"; the other variables of Weights &
    Biases count as well.

    Raises:
        MissingDependencyError: wandb is not installed.
    """

    def __init__(self) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingDependencyError("wandb", "wandb", "This log") from error
        self._wandb: Any = wandb
        self._run: Any = None

    def on_start(self, start: RunStart) -> None:
        """Begin a run of theirs, or go on with the one of this folder."""
        place = start.folder.resolve()
        self._run = self._wandb.init(
            dir=str(place),
            project=os.environ.get(PROJECT, "mobilenetv2"),
            name=place.name,
            id=hashlib.sha256(str(place).encode()).hexdigest()[:16],
            resume="allow",
            mode=os.environ.get(MODE, "offline"),
            config=settings(start.recipe),
            settings=self._wandb.Settings(silent=True, console="off"),
        )

    def on_epoch(self, row: Mapping[str, float]) -> None:
        """Every figure over the steps."""
        self._run.log(figures(row) | {"epoch": row["epoch"]}, step=int(row["step"]))

    def on_end(self, checkpoint: Checkpoint) -> None:
        """Their summary gets the model's metrics."""
        self._run.summary.update({one.name: one.value for one in checkpoint.metrics})
        self._run.finish()
