"""Precision, recall and F1 of each class, from a confusion matrix of answers or of pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class."""

    count: int
    """How many are of it."""
    answered: int
    """How many were said to be."""
    right: int
    """Both."""

    @property
    def precision(self) -> float | None:
        """Of what was said to be of the class, the share that is; None where nothing was."""
        return self.right / self.answered if self.answered else None

    @property
    def recall(self) -> float | None:
        """Of what is of the class, the share that was said to be; None where nothing is."""
        return self.right / self.count if self.count else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the two; None where the class neither is nor was said."""
        both = self.count + self.answered
        return 2 * self.right / both if both else None

    def to_json(self) -> dict[str, object]:
        """Counts, and fractions or None."""
        return {
            "count": self.count,
            "answered": self.answered,
            "right": self.right,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


@dataclass(frozen=True, slots=True)
class Mistaken:
    """One class taken for another."""

    true: int
    answered: int
    count: int


def count_answers(targets: Sequence[int], answers: Sequence[int], classes: int) -> Ints:
    """[classes, classes]: how often each (true, answered) pair came up."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (np.asarray(targets, np.int64), np.asarray(answers, np.int64)), 1)
    return counts


def class_figures(confusion: Ints) -> tuple[ClassFigures, ...]:
    """Of each class of [classes, classes or more]; columns beyond are answers of no class."""
    classes = len(confusion)
    counts = np.stack([confusion.sum(1), confusion[:, :classes].sum(0), confusion.diagonal()])
    return tuple(ClassFigures(*column) for column in counts.T.tolist())


def mistaken(confusion: Ints) -> tuple[Mistaken, ...]:
    """The pairs off the diagonal that came up, the most frequent first."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    true, answered = np.nonzero(wrong)
    counts = wrong[true, answered]
    order = np.argsort(-counts, kind="stable")
    rows = zip(true[order].tolist(), answered[order].tolist(), counts[order].tolist(), strict=True)
    return tuple(Mistaken(*row) for row in rows)
