"""A run in TensorBoard: event files in the run's folder."""

from collections.abc import Mapping
from typing import Any

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.train.callbacks import Callback, RunStart
from mobilenetv2.train.loggers.figures import figures
from mobilenetv2.weights.checkpoint import Checkpoint

FOLDER = "tensorboard"


class TensorBoard(Callback):
    """Writes `tensorboard/` in the run's folder: `tensorboard --logdir run/`.

    Raises:
        MissingDependencyError: tensorboard is not installed.
    """

    def __init__(self) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingDependencyError("tensorboard", "tensorboard", "This log") from error
        self._open = SummaryWriter
        self._writer: Any = None

    def on_start(self, start: RunStart) -> None:
        """Open event files; the recipe is a text among them."""
        self._writer = self._open(str(start.folder / FOLDER))
        if not start.resumed:
            self._writer.add_text("recipe", f"```\n{start.recipe.to_json()}\n```")

    def on_epoch(self, row: Mapping[str, float]) -> None:
        """Every figure over the steps."""
        for name, value in figures(row).items():
            self._writer.add_scalar(name, value, int(row["step"]))
        self._writer.flush()

    def on_end(self, _checkpoint: Checkpoint) -> None:
        """Close them."""
        self._writer.close()
