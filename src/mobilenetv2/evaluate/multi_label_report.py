"""What was measured of a classifier of several labels a picture, and on what."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mobilenetv2.evaluate.classification_report import MISTAKES, Proportion
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.metrics.class_figures import ClassFigures
from mobilenetv2.metrics.label_figures import (
    average_precisions,
    f1_interval,
    label_figures,
    map_interval,
    mean_average_precision,
    together,
)
from mobilenetv2.shards.member import PictureFile

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WrongLabel:
    """A label that a picture has and was not said, or the other way round."""

    path: PictureFile
    label: int
    missed: bool
    """Whether the picture has it."""
    score: float

    @property
    def sureness(self) -> float:
        """Of the wrong word, 0..1."""
        return 1 - self.score if self.missed else self.score


@dataclass(frozen=True)
class MultiLabelReport:
    """Mean average precision, and precision, recall and F1 at a threshold."""

    data: str
    fingerprint: str
    threshold: float
    """From which score on a label was said."""
    paths: tuple[PictureFile, ...] = field(repr=False)
    """The pictures that were counted, in order."""
    scores: npt.NDArray[np.float64] = field(repr=False)
    """[pictures, labels]."""
    has: Bools = field(repr=False)
    """[pictures, labels]: what is so."""
    unreadable: tuple[tuple[PictureFile, str], ...]
    """Pictures that were left out of the count, and why."""
    labels: tuple[str, ...] = field(repr=False)
    """The model's."""

    @property
    def present(self) -> Bools:
        """[labels]: which some picture has; of others nobody knows whether they were looked for."""
        return np.asarray(self.has.any(axis=0))

    @property
    def said(self) -> Bools:
        """[pictures, labels]: what the model said, of the labels present."""
        return np.logical_and(self.scores >= self.threshold, self.present)

    @cached_property
    def precisions(self) -> tuple[float | None, ...]:
        """The average precision of each label; None where no picture has it."""
        return average_precisions(self.scores, self.has)

    @property
    def mean_average_precision(self) -> float:
        """Over the labels present, 0..1; 0 where no picture has any."""
        return mean_average_precision(self.precisions) or 0.0

    @cached_property
    def map_interval(self) -> Interval:
        """95 %, by drawing pictures anew."""
        return map_interval(self.mean_average_precision, self.scores, self.has)

    @cached_property
    def figures(self) -> tuple[ClassFigures, ...]:
        """Of each label at the threshold."""
        return label_figures(self.said, self.has)

    @property
    def overall(self) -> ClassFigures:
        """Of all labels of all pictures together."""
        return together(self.figures)

    @cached_property
    def f1_interval(self) -> Interval:
        """95 % of the F1 of all labels together."""
        return f1_interval(self.overall.f1 or 0.0, self.said, self.has)

    @property
    def mean_f1(self) -> float:
        """The F1 averaged over the labels present, each counting the same."""
        found = [one.f1 or 0.0 for one in self.figures if one.count]
        return sum(found) / len(found) if found else 0.0

    @property
    def exact(self) -> Proportion:
        """Pictures of which every label is right."""
        right = (self.said == self.has).all(axis=1)
        return Proportion(int(right.sum()), len(right))

    @property
    def mistakes(self) -> tuple[WrongLabel, ...]:
        """Wrong labels, the surest one first."""
        return tuple(sorted(self._wrong(), key=lambda one: -one.sureness))

    def _wrong(self) -> Iterator[WrongLabel]:
        for row, label in np.argwhere(self.said != self.has).tolist():
            missed, score = bool(self.has[row, label]), float(self.scores[row, label])
            yield WrongLabel(self.paths[row], label, missed, score)

    def to_json(self) -> dict[str, object]:
        """Fractions as floats, with counts, intervals and the data set's name."""
        overall = self.overall
        return {
            "task": "classification",
            "multi_label": True,
            "data": self.data,
            "fingerprint": self.fingerprint,
            "count": len(self.paths),
            "labels_present": int(self.present.sum()),
            "map": self.mean_average_precision,
            "map_interval": list(self.map_interval),
            "threshold": self.threshold,
            "precision": overall.precision,
            "recall": overall.recall,
            "f1": overall.f1,
            "f1_interval": list(self.f1_interval),
            "mean_f1": self.mean_f1,
            "exact": self.exact.value,
            "exact_correct": self.exact.hits,
            "exact_interval": list(self.exact.interval),
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
            "per_class": [
                {"label": label, "average_precision": precision} | one.to_json()
                for label, precision, one in zip(
                    self.labels, self.precisions, self.figures, strict=True
                )
                if one.count
            ],
            "mistakes": [
                {"path": str(one.path), "label": self.labels[one.label],
                 "missed": one.missed, "score": one.score}
                for one in self.mistakes[:MISTAKES]
            ],
        }  # fmt: skip
