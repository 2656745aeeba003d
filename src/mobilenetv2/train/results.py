"""What a run has to show at any moment: the weights that it keeps, their figures, a checkpoint."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.integer_module import IntegerModule
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.run import Run
from mobilenetv2.train.subject import FLOAT, finished, made_by
from mobilenetv2.train.task import Task
from mobilenetv2.weights.checkpoint import Checkpoint

B = TypeVar("B", bound=TaskBatch)


def total_steps(task: Task[B]) -> int:
    """Of a whole run."""
    return task.lesson.recipe.epochs * task.order.steps_per_epoch


def float_steps(task: Task[B]) -> int:
    """How many of a run's steps are in floats; the others compute in integers."""
    if task.lesson.integers is not None:
        return 0
    recipe = task.lesson.recipe
    return (recipe.epochs - recipe.quantize_epochs) * task.order.steps_per_epoch


def remeasure(run: Run, task: Task[B], say: Callable[[str], None]) -> bool:
    """Settle what is kept of the epochs in floats, once they have ended, be it before their time.

    Returns:
        Whether it was still to do after this step; in integers it never is.
    """
    if run.integers is not None or (run.remeasured and run.remeasured[0] == run.step):
        return False
    run.remeasured = run.step, task.remeasured(kept(run, task), say)
    return True


def judge(run: Run, task: Task[B]) -> Mapping[str, float]:
    """Figures of what is kept; of integers at the run's end also what their floats reach."""
    module = kept(run, task)
    metrics = task.evaluate(module)
    if isinstance(module, IntegerModule) and run.step == total_steps(task):
        floats = GraphModule(module.graph, module.reals()).to(task.lesson.compute.device)
        reached = task.evaluate(floats)
        figures = {FLOAT + name: reached[name] for name in task.judged.metrics}
        return {**metrics, **figures}
    return metrics


def last_figures(run: Run) -> Mapping[str, float]:
    """What the log's last row says of an evaluation after the last step; nothing: it was not."""
    last = run.history[-1] if run.history else {}
    return {
        name.removeprefix("val_"): value
        for name, value in last.items()
        if name.startswith("val_") and last["step"] == run.step
    }


def checkpoint_of(run: Run, task: Task[B], metrics: Mapping[str, float]) -> Checkpoint:
    """What is kept, with its figures and how it was made."""
    recipe, subject = task.lesson.recipe, task.lesson.subject
    if run.step < total_steps(task):
        done = run.step / task.order.steps_per_epoch
        subject = subject.after(f"as of {done:.3g} of {recipe.epochs} epochs")
    checkpoint = finished(subject, kept(run, task).numbers(), metrics, task.judged)
    checkpoint = task.finish(checkpoint, metrics)
    return replace(made_by(checkpoint, run.processes), recipe=recipe.to_json())


def kept(run: Run, task: Task[B]) -> GraphModule:
    """The network whose weights are judged and written."""
    if run.remeasured and run.remeasured[0] == run.step:
        return run.remeasured[1]
    # The first weights' share is taken once, where integers begin; those are no first weights.
    return run.average.kept(task.lesson.recipe.keep_first if run.integers is None else 0.0)
