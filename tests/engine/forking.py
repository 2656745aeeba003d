"""A script: forks again and again while two other threads predict.

    forking.py FORKS FILE...

Every child asks each of the files' models, forks once more, and asks again. Prints how many
answers the threads had meanwhile, and how every child ended: 0 where all answers were the parent's.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

import numpy as np

from mobilenetv2 import CompiledClassifier, load

PICTURE = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
SECONDS = 10
"""After which a child that still has no answer is ended."""

Ask = Callable[[], object]


def asking(path: str) -> Ask:
    """A question to a model on two threads; its answers can be compared."""
    if path.endswith(".program"):
        compiled = CompiledClassifier(path, threads=2)
        pixels = compiled.prepare(PICTURE)
        return lambda: compiled.logits(pixels)
    model = load(path, threads=2)
    prepared = model.prepare(PICTURE)
    return lambda: {name: map_.tobytes() for name, map_ in model.outputs(prepared).items()}


def end_of_child(asks: Sequence[Ask], answers: Sequence[object], generations: int) -> int:
    """The exit status of a child that asks, or less than 0 where it had to be ended."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        right = [ask() for ask in asks] == answers
        if generations > 1:
            right = right and end_of_child(asks, answers, generations - 1) == 0
        right = right and [ask() for ask in asks] == answers
        os._exit(0 if right else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(forks: int, paths: Sequence[str]) -> None:
    asks = [asking(path) for path in paths]
    answers = [ask() for ask in asks]
    stop = threading.Event()
    meanwhile = []

    def go_on_asking() -> None:
        while not stop.is_set():
            meanwhile.append([ask() for ask in asks] == answers)

    others = [threading.Thread(target=go_on_asking) for _ in range(2)]
    for other in others:
        other.start()
    ends = [end_of_child(asks, answers, 2) for _ in range(forks)]
    stop.set()
    for other in others:
        other.join()
    print(sum(meanwhile), len(meanwhile) - sum(meanwhile), *ends)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
