"""What the training loop knows of a task: batches, a loss, and what makes a model good."""

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from torch import Tensor

from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Checkpoint, Weights

B = TypeVar("B")


class Task(Protocol[B]):
    """Classification, detection, segmentation: what they share is this and nothing else."""

    @property
    def best_metric(self) -> str:
        """The name of the metric by which epochs are ranked; more is better."""
        ...

    @property
    def steps_per_epoch(self) -> int:
        """How many batches make an epoch, at least 1."""
        ...

    def is_new(self, parameter: str) -> bool:
        """Whether a parameter belongs to a layer that starts without first weights."""
        ...

    def batches(self, first_step: int) -> Iterator[B]:
        """Batches of all epochs, without end; which one a step gets depends on the step alone."""
        ...

    def loss(self, module: GraphModule, batch: B, step: int) -> Mapping[str, Tensor]:
        """The terms whose sum is minimized, scalars by name; empty for a batch of nothing."""
        ...

    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """Metrics on the validation pictures, with `module` in eval mode."""
        ...

    def checkpoint(self, weights: Weights, metrics: Mapping[str, float]) -> Checkpoint:
        """Weights as something that `predict` can use."""
        ...


class Reporter(Protocol):
    """Whoever wants to know how a run is going."""

    def say(self, text: str) -> None:
        """A sentence for people."""
        ...

    def step(self, step: int, total: int, loss: float) -> None:
        """`step` of `total` steps are done."""
        ...

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is over: the row that goes into the log."""
        ...


class Silent:
    """A reporter that keeps everything to itself."""

    def say(self, text: str) -> None:
        """Nothing."""

    def step(self, step: int, total: int, loss: float) -> None:
        """Nothing."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Nothing."""
