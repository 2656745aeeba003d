"""Float against integers on pictures that calibration did not see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated
from mobilenetv2.datasets.progress import Progress
from mobilenetv2.engine.any_size import Run
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.evaluate import DetectionReport, SegmentationReport
from mobilenetv2.evaluate.compare_reports import Report, compare_reports, headline
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.model import Model
from mobilenetv2.quantization.given import Shown, picture_of
from mobilenetv2.quantization.likeness import Comparison, Likeness, agreement, expected_loss
from mobilenetv2.quantization.steps import StepNoise, TwoNetworks, measure_noise, two_networks
from mobilenetv2.quantization.truth import Truth, chosen, judge, paths_of
from mobilenetv2.tasks.pixels import Prepared

COMPARED = 200
"""Pictures whose answers are compared."""
JUDGED = 3_000_000
"""Pixels of input on which each step is tried in floats: 60 pictures at 224, 12 at 513. Fifty
steps or so take as long as a thousand pictures."""
LISTENED = 8
"""Pictures whose maps are compared step by step."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What 8 bits cost."""

    real: Report | None
    """What `evaluate` says of the float network; None without labeled pictures."""
    integers: Report | None
    agreement: float
    """The share of answers that are the same, 0..1."""
    pictures: int
    """On how many the answers were compared."""
    answers: int
    """How many of both sides there were to compare: pictures, boxes, or pictures of pixels."""
    loss: float
    """Points of the task's metric; without labels, points that the float network's own
    probabilities expect."""
    loss_interval: Interval
    """95 %, over draws of pictures."""
    steps: tuple[StepNoise, ...] = field(repr=False)
    """In the engine's order; where numpy computes, a node each."""

    @property
    def worst(self) -> tuple[str, ...]:
        """The three steps that cost the answers most."""
        ordered = sorted(self.steps, key=lambda step: -step.answer_snr)
        return tuple(step.name for step in ordered[:3])


def prove(
    original: Model,
    calibrated: Calibrated,
    evidence: Truth | Sequence[Shown],
    progress: Progress,
) -> Proof:
    """Compare a model with its integers.

    Args:
        original: as it was before anything was scaled.
        calibrated: what became of it.
        evidence: pictures with right answers, or without.
        progress: told of what is done.

    Raises:
        DatasetError: not one picture can be read, or there is nothing to find in any.
    """
    integers = Model(calibrated.integers)
    paths: Sequence[Shown] = evidence if isinstance(evidence, Sequence) else paths_of(evidence)
    some = [paths[index] for index in _spread(len(paths), COMPARED)]
    with progress("Comparing answers", len(some)) as advance:
        prepared = _prepared(original, some)
        comparison = Comparison(original.checkpoint)
        alike: list[Likeness] = []
        for one in prepared:
            alike.append(comparison.compare(one, original.outputs(one), integers.outputs(one)))
            advance()
    reports: tuple[Report | None, Report | None] = (None, None)
    loss, interval = expected_loss(alike)
    if not isinstance(evidence, Sequence):
        real, other = _reports(original, integers, evidence, progress)
        paired = compare_reports(real, other)
        reports, loss, interval = (real, other), paired.difference, paired.interval
    steps = _steps(original, calibrated, evidence, prepared, progress)
    ends = (100 * interval[0], 100 * interval[1])
    answers = round(sum(one.of for one in alike))
    return Proof(*reports, agreement(alike), len(prepared), answers, 100 * loss, ends, steps)


def _spread(count: int, most: int) -> list[int]:
    """Up to `most` places, even over all `count`."""
    return [round(place) for place in np.linspace(0, count - 1, min(most, count)).tolist()]


def _prepared(model: Model, paths: Sequence[Shown]) -> list[Prepared]:
    found, first = [], ""
    for path in paths:
        try:
            found.append(model.prepare(picture_of(path)))
        except ImageError as error:
            first = first or str(error)
    if not found:
        raise DatasetError(f"no picture to prove the result with can be read; the first: {first}")
    return found


def _reports(
    original: Model, integers: Model, truth: Truth, progress: Progress
) -> tuple[Report, Report]:
    count = len(paths_of(truth))
    with progress("Judging floats", count) as advance:
        real = judge(original, truth, advance)
    _require_found(real)
    with progress("Judging integers", count) as advance:
        return real, judge(integers, truth, advance)


def _require_found(real: Report) -> None:
    """Refuse labels by which every network would be as good: their loss of 0 would prove nothing.

    Raises:
        DatasetError: there is no box or no pixel to find.
    """
    match real:
        case DetectionReport() if real.coco.ap50 is None:
            missing = "boxes of the model's classes"
        case SegmentationReport() if real.agreement.mean_iou is None:
            missing = "pixels of a class: all are ignored"
        case _:
            return
    raise DatasetError(
        f"labeled pictures to judge by need something to find, and {real.data} has no {missing}. "
        "Name other --data, or none: then a fifth of --pictures proves how many answers agree"
    )


def _steps(
    original: Model,
    calibrated: Calibrated,
    evidence: Truth | Sequence[Shown],
    prepared: Sequence[Prepared],
    progress: Progress,
) -> tuple[StepNoise, ...]:
    networks = two_networks(calibrated)
    heard = LISTENED if networks.native else 1
    pictures = [one.inputs[0] for one in prepared[:heard]]
    with progress("Listening to steps", len(pictures)) as advance:
        maps, answers = measure_noise(networks, pictures, advance)
    gains: list[float | None] = [None] * len(networks.names)
    if networks.native:
        gains = [*_gains(networks, original, calibrated, evidence, prepared, progress)]
    columns = zip(networks.names, maps, answers, gains, strict=True)
    return tuple(StepNoise(*row) for row in columns)


def _gains(
    networks: TwoNetworks,
    original: Model,
    calibrated: Calibrated,
    evidence: Truth | Sequence[Shown],
    prepared: Sequence[Prepared],
    progress: Progress,
) -> list[float]:
    """Points, step by step."""
    height, width = calibrated.integers.spec.size
    score = _Score(original, calibrated, evidence, prepared, max(1, JUDGED // (height * width)))
    with progress("Trying each step in floats", len(networks.names)) as advance:
        before, gains = score.of(None), list[float]()
        for index in range(len(networks.names)):
            gains.append(100 * (score.of(networks.with_step_in_floats(index)) - before))
            advance()
    return gains


class _Score:
    """The metric, or without labels the agreement, of a network of integers on a few pictures."""

    def __init__(
        self,
        original: Model,
        calibrated: Calibrated,
        evidence: Truth | Sequence[Shown],
        prepared: Sequence[Prepared],
        most: int,
    ) -> None:
        self._checkpoint = calibrated.integers
        self._truth: Truth | None = None
        self._prepared = prepared[:most]
        if isinstance(evidence, Sequence):
            self._real = [original.outputs(one) for one in self._prepared]
            self._comparison = Comparison(original.checkpoint)
        else:
            count = len(paths_of(evidence))
            self._truth = chosen(evidence, _spread(count, most))

    def of(self, run: Run | None) -> float:
        """0..1, with the network computed by `run`, or as it is."""
        model = Model(self._checkpoint, run=run)
        if self._truth is not None:
            return headline(judge(model, self._truth, lambda: None))[1]
        return agreement(
            [
                self._comparison.compare(one, real, model.outputs(one))
                for one, real in zip(self._prepared, self._real, strict=True)
            ]
        )
