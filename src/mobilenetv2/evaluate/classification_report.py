"""What was measured of a classifier, and on what."""

import math
from dataclasses import dataclass, field

from mobilenetv2.metrics.class_figures import Ints, class_figures, count_answers, mistaken
from mobilenetv2.metrics.reliability import Reliability, reliability
from mobilenetv2.shards.member import PictureFile

MISTAKES = 20
"""Of the surest ones, in JSON."""

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
class JudgedPicture:
    """A picture and the answer that it got."""

    path: PictureFile
    target: int
    """The right class."""
    answer: int
    """The likeliest one."""
    confidence: float
    """Its probability, 0..1."""
    rank: int
    """Of the right class among the answers, 0 for the first; 5 where it is not among five."""

    @property
    def right(self) -> bool:
        """Whether the first answer is the right class."""
        return self.rank == 0


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
    unreadable: tuple[tuple[PictureFile, str], ...]
    """Pictures that were left out of the count, and why."""
    labels: tuple[str, ...] = field(repr=False)
    """The model's."""
    pictures: tuple[JudgedPicture, ...] = field(repr=False)
    """Those that were counted, in order."""

    @property
    def right(self) -> tuple[bool, ...]:
        """Of each picture that was counted, in order, whether the first answer is right."""
        return tuple(one.right for one in self.pictures)

    @property
    def confusion(self) -> Ints:
        """[classes, classes]: pictures by (true, answered) class."""
        targets = [one.target for one in self.pictures]
        return count_answers(targets, [one.answer for one in self.pictures], len(self.labels))

    @property
    def reliability(self) -> Reliability:
        """Confidence in first answers beside how often they are right."""
        return reliability([one.confidence for one in self.pictures], self.right)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, 0..1, in 15 bins of confidence."""
        return self.reliability.error

    @property
    def mistakes(self) -> tuple[JudgedPicture, ...]:
        """Wrong first answers, the surest one first."""
        wrong = [one for one in self.pictures if not one.right]
        return tuple(sorted(wrong, key=lambda one: -one.confidence))

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
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
            **self._details(),
        }

    def _details(self) -> dict[str, object]:
        confusion = self.confusion
        figures = class_figures(confusion)
        f1 = [one.f1 for one in figures if one.count]
        return {
            "calibration_error": self.calibration_error,
            "mean_f1": sum(value or 0.0 for value in f1) / max(1, len(f1)),
            "per_class": [
                {"label": label} | one.to_json()
                for label, one in zip(self.labels, figures, strict=True)
                if one.count or one.answered
            ],
            "confusions": [
                {"label": self.labels[one.true], "answered": self.labels[one.answered],
                 "count": one.count}
                for one in mistaken(confusion)
            ],
            "mistakes": [
                {"path": str(one.path), "label": self.labels[one.target],
                 "answered": self.labels[one.answer], "score": one.confidence}
                for one in self.mistakes[:MISTAKES]
            ],
        }  # fmt: skip
