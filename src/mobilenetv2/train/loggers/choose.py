"""The logger of a name."""

from typing import Literal, assert_never

from mobilenetv2.train.callbacks import Callback

Log = Literal["tensorboard", "wandb", "mlflow"]


def logger(name: Log) -> Callback:
    """A callback that writes into this tool.

    Raises:
        MissingDependencyError: its library is not installed.
    """
    match name:
        case "tensorboard":
            from mobilenetv2.train.loggers.tensorboard import TensorBoard

            return TensorBoard()
        case "wandb":
            from mobilenetv2.train.loggers.wandb import WeightsAndBiases

            return WeightsAndBiases()
        case "mlflow":
            from mobilenetv2.train.loggers.mlflow import MLflow

            return MLflow()
        case _:
            assert_never(name)
