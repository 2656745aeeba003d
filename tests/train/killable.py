"""A fine-tuning run for tests to kill: killable.py DATA OUT FIRST SIGNAL STEP SAVE_SECONDS TEACHER.

Sends itself the signal of that number after STEP steps (0: never) and saves its state within an
epoch every SAVE_SECONDS. TEACHER is a file, or "none"; with one no label is looked at.
"""

import os
import sys
from pathlib import Path

from mobilenetv2.train import Recipe, Silent, fine_tune_classifier, loop
from mobilenetv2.weights import store


class Killer(Silent):
    def __init__(self, signal: int, step: int) -> None:
        self._signal = signal
        self._step = step

    def step(self, step: int, total: int, loss: float) -> None:
        if step == self._step:
            os.kill(os.getpid(), self._signal)


def main(
    data: str, out: str, first: str, signal: str, step: str, save_seconds: str, teacher: str
) -> None:
    loop.SAVE_EVERY_SECONDS = float(save_seconds)
    teachers = [] if teacher == "none" else [store.load(teacher)]
    fine_tune_classifier(
        Path(data), Path(out),
        first=store.load(first), recipe=Recipe(epochs=3, batch_size=4, warmup_epochs=1),
        device="cpu", workers=1, reporter=Killer(int(signal), int(step)),
        teachers=teachers, unlabeled=bool(teachers),
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
