"""A run in MLflow: a store in the run's folder, or where the environment says."""

import os
from collections.abc import Mapping
from typing import Any

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.train.callbacks import Callback, RunStart
from mobilenetv2.train.loggers.figures import figures, settings
from mobilenetv2.train.state import write_text
from mobilenetv2.weights.checkpoint import Checkpoint

PLACE = "MLFLOW_TRACKING_URI"
"""The environment's word of MLflow's own, for a server or another store."""
EXPERIMENT = "MLFLOW_EXPERIMENT_NAME"
RUN_ID = "mlflow-run.txt"
"""Beside the state: the run of theirs that goes on with this folder."""


class MLflow(Callback):
    """Writes `mlruns/` in the run's folder, or to the server that MLFLOW_TRACKING_URI names.

    Raises:
        MissingDependencyError: mlflow is not installed.
    """

    def __init__(self) -> None:
        try:
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise MissingDependencyError("mlflow-skinny", "mlflow", "This log") from error
        self._open = MlflowClient
        self._client: Any = None
        self._id = ""

    def on_start(self, start: RunStart) -> None:
        """Begin a run of theirs, or go on with the one of this folder."""
        place = start.folder.resolve()
        # MLflow asks that a store of files be wished for.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        self._client = self._open(os.environ.get(PLACE, (place / "mlruns").as_uri()))
        kept = place / RUN_ID
        if start.resumed and kept.is_file():
            self._id = kept.read_text("utf-8").strip()
            self._client.set_terminated(self._id, "RUNNING")
            return
        name = os.environ.get(EXPERIMENT, "mobilenetv2")
        found = self._client.get_experiment_by_name(name)
        experiment = found.experiment_id if found else self._client.create_experiment(name)
        self._id = self._client.create_run(experiment, run_name=place.name).info.run_id
        write_text(kept, self._id + "\n")
        for field, value in settings(start.recipe).items():
            self._client.log_param(self._id, field, value)

    def on_epoch(self, row: Mapping[str, float]) -> None:
        """Every figure over the steps."""
        for name, value in figures(row).items():
            self._client.log_metric(self._id, name, value, step=int(row["step"]))

    def on_end(self, _checkpoint: Checkpoint) -> None:
        """It is over."""
        self._client.set_terminated(self._id)
