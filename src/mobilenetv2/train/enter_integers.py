"""A run goes over to integers: another module, its average and an optimizer of its own."""

from typing import TypeVar

import torch

from mobilenetv2.network.build import build
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.ema import Average
from mobilenetv2.train.freeze import freeze_layers
from mobilenetv2.train.integer_module import IntegerModule
from mobilenetv2.train.optimizer import build_optimizer
from mobilenetv2.train.run import Run
from mobilenetv2.train.task import Task
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.quantized import Quantization

B = TypeVar("B", bound=TaskBatch)


def enter_integers(task: Task[B], run: Run, start: Quantization) -> None:
    """Let the run compute in integers from here on, beginning at these."""
    lesson = task.lesson
    graph = build(folded_spec(lesson.subject.training_spec))
    module = IntegerModule(graph, start, dropout=lesson.recipe.dropout)
    freeze_layers(module, lesson.recipe.freeze)
    run.integers, run.module, run.remeasured = start, module, None
    module.to(lesson.compute.device).to(memory_format=torch.channels_last)
    run.average = Average(module, lesson.recipe.ema_decay)
    run.optimizer = build_optimizer(module, lesson.recipe, lesson.fresh.__contains__)
