"""From loss terms to other weights, the same ones in every process."""

import math
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from mobilenetv2.errors import TrainingError
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.endings import divergence_told
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.processes import Processes
from mobilenetv2.train.run import Run
from mobilenetv2.train.task import Task

B = TypeVar("B", bound=TaskBatch)


def learn(run: Run, terms: Mapping[str, Tensor], task: Task[B]) -> float:
    """Move the weights by the gradients of all processes together.

    Args:
        run: whose module has just computed the terms.
        terms: of this process's pictures; the whole step's are the sums over the processes.
        task: whose recipe says how to move.

    Returns:
        The whole step's loss.

    Raises:
        TrainingError: it is not finite.
    """
    lesson, module = task.lesson, run.module
    values = torch.stack([term.float() for term in terms.values()])
    run.optimizer.zero_grad(set_to_none=True)
    run.scaler.scale(values.sum()).backward()  # type: ignore[no-untyped-call]
    values = values.detach()
    gradients = [one.grad for one in module.parameters() if one.grad is not None]
    lesson.processes.add_up([values, *gradients])
    loss = values.sum().item()
    if not math.isfinite(loss):
        epoch = run.step // task.order.steps_per_epoch + 1
        raise TrainingError(divergence_told(loss, run.step + 1, epoch, lesson.recipe))
    if lesson.recipe.clip_norm:
        run.scaler.unscale_(run.optimizer)
        nn.utils.clip_grad_norm_(module.parameters(), lesson.recipe.clip_norm)
    run.scaler.step(run.optimizer)
    run.scaler.update()
    if lesson.statistics == "batch" and run.integers is None:
        _agree_on_statistics(module, lesson.processes)
    for name, value in zip(terms, values.tolist(), strict=True):
        run.sums[name] = run.sums.get(name, 0.0) + value
    run.summed += 1
    return loss


@torch.no_grad()
def _agree_on_statistics(module: GraphModule, processes: Processes) -> None:
    """Running means and variances become a mean over the processes, weighted by their pictures."""
    if processes.number == 1 or module.rows is None:
        return
    running = list(module.buffers())
    for values in running:
        values.mul_(module.rows.own / module.rows.whole)
    processes.add_up(running)
