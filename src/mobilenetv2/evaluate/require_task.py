"""A model is judged at its own task alone."""

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.model import Model
from mobilenetv2.tasks.task_of import answering_task


def require_task(model: Model, task: Task) -> None:
    """Refuse a model whose head is for something else.

    Raises:
        TypeError: it is.
        OptionError: it answers nothing.
    """
    if answering_task(model.task) != task:
        raise TypeError(f"a model for {task} is judged here, got one for {model.task}")
