"""Top-1 and top-5 of a classifier, with intervals, and whether its scores mean what they say."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.metrics.calibration import expected_calibration_error
from mobilenetv2.model import Model
from mobilenetv2.pipeline import predict_many
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.results import Prediction

Z_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `count`, with Wilson's 95 % interval."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The fraction, 0..1; 0 where nothing was counted."""
        return self.hits / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, within 0..1, sound for small counts and for fractions near 1."""
        if not self.count:
            return 0.0, 1.0
        n, p, z2 = self.count, self.value, Z_95**2
        center = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, center - half), min(1.0, center + half)


@dataclass(frozen=True, slots=True)
class ClassificationReport:
    """Top-1 and top-5 of a classifier on a data set."""

    data: str
    fingerprint: str
    top1: Proportion
    top5: Proportion
    mean_class_accuracy: float
    """Top-1 averaged over the classes present, each counting the same."""
    classes_present: int
    unreadable: tuple[tuple[Path, str], ...]
    """Pictures that were left out of the count, and why."""
    calibration_error: float = 0.0
    """Expected calibration error, 0..1: how far the first answers' scores and the share of right
    ones are apart, in 15 bins of scores."""
    right: tuple[bool, ...] = field(default=(), repr=False)
    """Of each picture that was counted, in order, whether the first answer is right."""

    def to_json(self) -> dict[str, object]:
        """Fractions as floats, with counts, intervals and the data set's name."""
        return {
            "task": "classification",
            "data": self.data,
            "fingerprint": self.fingerprint,
            "count": self.top1.count,
            "top1": self.top1.value,
            "top1_correct": self.top1.hits,
            "top1_interval": list(self.top1.interval),
            "top5": self.top5.value,
            "top5_correct": self.top5.hits,
            "top5_interval": list(self.top5.interval),
            "mean_class_accuracy": self.mean_class_accuracy,
            "classes_present": self.classes_present,
            "calibration_error": self.calibration_error,
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
        }


def evaluate_classifier(
    model: Model, data: LabeledPictures, advance: Callable[[], None] | None = None
) -> ClassificationReport:
    """Run every picture through the model, exactly as `predict` would.

    Args:
        model: a classifier.
        data: from `read_labeled` with the model's own labels.
        advance: called after each picture, for a progress bar.

    Raises:
        DatasetError: not one picture can be read.
        TypeError: the model is no classifier.
    """
    require_task(model, "classification")
    results: list[tuple[int, int, float]] = []
    unreadable: list[tuple[Path, str]] = []
    answers = predict_many(model, data.paths, Options(top=5))
    for answer, target in zip(answers, data.targets, strict=True):
        if isinstance(answer.prediction, Prediction):
            ranked = [item.index for item in answer.prediction.predictions]
            rank = ranked.index(target) if target in ranked else len(ranked)
            results.append((target, rank, answer.prediction.predictions[0].score))
        else:
            unreadable.append((answer.path, answer.error or ""))
        if advance:
            advance()
    if not results:
        raise DatasetError(f"{data.name}: no picture can be read; the first: {unreadable[0][1]}")
    return _report(data, results, unreadable)


def _report(
    data: LabeledPictures,
    results: Sequence[tuple[int, int, float]],
    unreadable: Sequence[tuple[Path, str]],
) -> ClassificationReport:
    by_class: dict[int, list[bool]] = {}
    for target, rank, _ in results:
        by_class.setdefault(target, []).append(rank == 0)
    right = tuple(rank == 0 for _, rank, _ in results)
    accuracies = [sum(hits) / len(hits) for hits in by_class.values()]
    return ClassificationReport(
        data=data.name,
        fingerprint=data.fingerprint,
        top1=Proportion(sum(right), len(results)),
        top5=Proportion(sum(rank < 5 for _, rank, _ in results), len(results)),
        mean_class_accuracy=sum(accuracies) / len(accuracies),
        classes_present=len(accuracies),
        unreadable=tuple(unreadable),
        calibration_error=expected_calibration_error([score for *_, score in results], right),
        right=right,
    )
