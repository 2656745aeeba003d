"""Batches of a run whose first steps decide how many processes decode the others.

Which pictures a step sees does not depend on it, and so neither does what comes of a run.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from statistics import median
from time import perf_counter
from typing import TypeVar

from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.decoders import needed
from mobilenetv2.train.task import Task

B = TypeVar("B", bound=TaskBatch)

TRIED = 4
"""Steps whose batches this process decodes between them. The first, which warms up, does not
count."""

WORTH_IT = 20
"""Steps that a run must have before it, to be asked."""


def measured_batches(
    task: Task[B], first_step: int, end: int, say: Callable[[str], None]
) -> Iterator[B]:
    """A process's share of the batches from `first_step` on, without end.

    Where the number of processes that decode is to be measured, this one decodes the first few
    batches itself, and the rest come from as many as that shows to be needed.

    Args:
        task: whose `lesson.decoders` are told the number.
        first_step: of the first batch.
        end: the step before which the caller stops.
        say: told in a sentence what was chosen.
    """
    lesson, decoders = task.lesson, task.lesson.decoders
    share = lesson.processes.share
    if decoders.measured and decoders.number is None and end - first_step >= WORTH_IT:
        decoders.number = 0
        decoding, learning = [], []
        began = perf_counter()
        for batch in islice(task.batches(first_step, share), TRIED):
            decoded = perf_counter()
            yield batch
            decoding.append(decoded - began)
            began = perf_counter()
            learning.append(began - decoded)
        first_step += TRIED
        taken, step = median(decoding[1:]), median(learning[1:])
        on_cpu = lesson.compute.device.type == "cpu"
        decoders.number = needed(taken, step, decoders.cores, on_cpu=on_cpu)
        say(
            f"a batch is decoded in {1000 * taken:.0f} ms and learnt from in {1000 * step:.0f}: "
            f"processes that decode, here: {decoders.number} (--workers says otherwise)"
        )
    yield from task.batches(first_step, share)
