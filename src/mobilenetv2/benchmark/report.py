"""What a benchmark found, and the arithmetic behind each figure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Literal

import numpy as np

from mobilenetv2.benchmark.machine import Machine
from mobilenetv2.weights.checkpoint import Checkpoint

RESAMPLES = 2000
_SEED = 20180113

Precision = Literal["float32", "int8"]

Rounds = Sequence[Sequence[float]]
"""Milliseconds of every run, round by round."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one picture, in milliseconds, over all runs of all rounds."""

    median: float
    p10: float
    p90: float
    runs: int
    images_per_second: float
    """One picture after the other: runs over the sum of their times."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Another engine's time over ours: above 1, ours is faster.

    The median over the rounds of (its median / our median), with the 95 % interval of drawing
    rounds anew. What slows a whole round slows both, and drops out.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A fresh process that loads the engine and runs one picture; medians over several."""

    result_milliseconds: float
    """From the start of the process to its first result."""
    process_milliseconds: float
    """To its end."""
    peak_mebibytes: float
    starts: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """An engine's outputs against ours, on the picture that was timed."""

    relative_error: float
    """The largest difference over the range of the outputs."""
    same_class: float
    """The share of pictures, anchors or pixels with the same class first, 0..1."""
    of: str
    """What `same_class` is a share of."""
    within_tolerance: bool
    """False marks an engine that computes something else; its times prove nothing."""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """One row."""

    name: str
    version: str
    latency: Latency
    peak_mebibytes: float
    """Of the process that was timed, all rounds included."""
    cold_start: ColdStart | None
    ratio: Ratio | None
    """None for ours."""
    agreement: Agreement | None
    """None for ours."""
    note: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How it was measured."""

    model: str
    network: str
    precision: Precision
    threads: int
    cpus: tuple[int, ...]
    """The processors that every engine was held on; empty where there was no choice."""
    isa: str | None
    rounds: int
    seconds_per_turn: float
    command: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole benchmark; the first row is ours."""

    settings: Settings
    engines: tuple[EngineReport, ...]
    skipped: tuple[str, ...]
    """Engines that were not measured, each with the reason."""
    machine: Machine

    def to_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return asdict(self)


def precision_of(checkpoint: Checkpoint) -> Precision:
    """What a checkpoint is computed in."""
    return "float32" if checkpoint.quantization is None else "int8"


def summarize(rounds: Rounds) -> Latency:
    """The distribution of the runs of one engine.

    Raises:
        ValueError: there are no runs.
    """
    times = np.fromiter(chain.from_iterable(rounds), np.float64)
    if not times.size:
        raise ValueError("a latency needs at least one run")
    p10, median, p90 = np.percentile(times, [10, 50, 90])
    return Latency(
        median=float(median),
        p10=float(p10),
        p90=float(p90),
        runs=times.size,
        images_per_second=1000 * times.size / float(times.sum()),
    )


def paired_ratio(theirs: Rounds, ours: Rounds) -> Ratio:
    """Their time over ours, round by round.

    Raises:
        ValueError: other numbers of rounds, or none.
    """
    if len(theirs) != len(ours) or not ours:
        raise ValueError(f"ratios need paired rounds, got {len(theirs)} and {len(ours)}")
    ratios = np.array(
        [np.median(their) / np.median(our) for their, our in zip(theirs, ours, strict=True)]
    )
    draws = np.random.default_rng(_SEED).integers(0, len(ratios), (RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[draws], axis=1), [2.5, 97.5])
    return Ratio(float(np.median(ratios)), float(low), float(high))
