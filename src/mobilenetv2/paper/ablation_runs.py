"""The trained runs behind figure 6: what is kept of one, and what several say together."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from mobilenetv2.errors import CheckpointError, DatasetError
from mobilenetv2.paper.ablations import BASE, Family, Setting, families
from mobilenetv2.paper.records import decode

RECORDS = "ablations"

STUDENT_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
"""Student's t for 95 % on both sides, for 1 to 20 degrees of freedom."""

_NORMAL_95 = 1.960

FEWEST_RUNS = 3
"""From two, an interval would be nine of their deviations to either side: it says nothing."""


@dataclass(frozen=True, slots=True)
class AblationEpoch:
    """A point of a run's curve."""

    epoch: int
    training_loss: float
    validation_loss: float
    top1: float
    """0..1, of the averaged weights."""


@dataclass(frozen=True, slots=True)
class AblationRun:
    """One variant trained once: a record as it is kept."""

    variant: str
    """`Variant.name`."""
    seed: int
    size: tuple[int, int]
    """(height, width) in pixels."""
    base_width: float
    """`Setting.width`; the variant's own follows from it."""
    classes: int
    width: float
    madds: int
    parameters: int
    """All that trains."""
    recipe: str
    """As JSON."""
    training_pictures: str
    """Name, count and fingerprint."""
    validation_pictures: str
    count: int
    """Of validation pictures."""
    curve: tuple[AblationEpoch, ...]
    machine: str
    """Processor, threads, torch's version."""
    hours: float

    @property
    def top1(self) -> float:
        """Of the last epoch, 0..1: no epoch is chosen."""
        return self.curve[-1].top1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds with its 95 % interval (Student's t)."""

    mean: float
    half: float | None
    """Half the interval's length; None for fewer than `FEWEST_RUNS`."""
    count: int


@dataclass(frozen=True, slots=True)
class VariantResult:
    """A variant's runs together."""

    name: str
    label: str
    width: float
    madds: int
    parameters: int
    top1: Estimate
    difference: Estimate
    """To the paper's own network, seed by seed: the two saw the same pictures in the same order."""
    curve: tuple[tuple[int, Estimate], ...]
    """(epoch, top-1 after it)."""


@dataclass(frozen=True, slots=True)
class FamilyResult:
    """A comparison with its outcome."""

    name: str
    title: str
    claim: str
    variants: tuple[VariantResult, ...]
    worse: tuple[str, ...]
    """Of the variants by name: what the claim says is worse than the paper's own network."""
    alike: tuple[str, ...]
    """What it says hardly differs."""


@dataclass(frozen=True, slots=True)
class AblationFigure:
    """Figure 6, and the comparisons that the paper makes in words. Empty without runs."""

    families: tuple[FamilyResult, ...]
    runs: int
    setting: str
    """Size, width, epochs, pictures, machine and hours, in one sentence; empty without runs."""


def figure_6(runs: Path | None = None) -> AblationFigure:
    """Figure 6 from records: those of the release, or those of a folder.

    Only variants with the paper's network beside them at the same seeds are shown.

    Args:
        runs: where `mobilenetv2 paper figure6 --train` wrote, a JSON file a run.

    Raises:
        DatasetError: the folder has no record, or records of different settings.
    """
    records = read_runs(runs)
    if not records:
        if runs is not None:
            raise DatasetError(f"{runs} must hold records of runs (*.json), got none")
        return AblationFigure((), 0, "")
    first = records[0]
    setting = Setting(first.size, first.base_width, first.classes)
    shared = {(r.size, r.base_width, r.classes, r.training_pictures) for r in records}
    if len(shared) > 1:
        raise DatasetError(
            f"runs of one figure must share size, width, classes and pictures, got {len(shared)} "
            "settings; put them into folders of their own"
        )
    results = tuple(_family(family, records) for family in families(setting))
    shown = tuple(result for result in results if len(result.variants) > 1)
    return AblationFigure(shown, len(records), _describe(records))


def read_runs(folder: Path | None = None) -> tuple[AblationRun, ...]:
    """All records of a folder, or of the release, by file name.

    Raises:
        DatasetError: a file that is no record.
    """
    place: Traversable = (
        files("mobilenetv2.paper").joinpath("records", RECORDS) if folder is None else folder
    )
    if not place.is_dir():
        return ()
    found = sorted(
        (entry for entry in place.iterdir() if entry.name.endswith(".json")),
        key=lambda entry: entry.name,
    )
    return tuple(read_run(entry) for entry in found)


def estimate(values: Iterable[float]) -> Estimate:
    """Mean and 95 % interval of independent runs.

    Raises:
        ValueError: no value at all.
    """
    found = list(values)
    if not found:
        raise ValueError("an estimate needs at least one run, got none")
    if len(found) < FEWEST_RUNS:
        return Estimate(mean(found), None, len(found))
    freedom = len(found) - 1
    student = STUDENT_95[freedom - 1] if freedom <= len(STUDENT_95) else _NORMAL_95
    return Estimate(mean(found), student * stdev(found) / sqrt(len(found)), len(found))


def read_run(entry: Traversable) -> AblationRun:
    """One record.

    Raises:
        DatasetError: a file that is no record.
    """
    try:
        return decode(AblationRun, json.loads(entry.read_text("utf-8")))
    except (CheckpointError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{entry.name} must be the record of a run: {error}") from error


def _family(family: Family, records: Sequence[AblationRun]) -> FamilyResult:
    of = {
        v.name: {run.seed: run for run in records if run.variant == v.name} for v in family.variants
    }
    base = of.get(BASE, {})
    results = []
    for variant in family.variants:
        own = of[variant.name]
        paired = sorted(own.keys() & base.keys())
        if not paired:
            continue
        one = own[paired[0]]
        results.append(
            VariantResult(
                variant.name, variant.label, one.width, one.madds, one.parameters,
                estimate(run.top1 for run in own.values()),
                estimate(own[seed].top1 - base[seed].top1 for seed in paired),
                _mean_curve(list(own.values())),
            )
        )  # fmt: skip
    return FamilyResult(
        family.name, family.title, family.claim, tuple(results), family.worse, family.alike
    )


def _mean_curve(runs: Sequence[AblationRun]) -> tuple[tuple[int, Estimate], ...]:
    epochs = sorted(set.intersection(*({p.epoch for p in run.curve} for run in runs)))
    return tuple(
        (epoch, estimate(p.top1 for run in runs for p in run.curve if p.epoch == epoch))
        for epoch in epochs
    )


def _describe(records: Sequence[AblationRun]) -> str:
    first = records[0]
    hours = sum(run.hours for run in records)
    counts = Counter(run.variant for run in records).values()
    fewest, most = min(counts), max(counts)
    seeds = f"{most}" if fewest == most else f"{fewest} to {most}"
    height, width = first.size
    return (
        f"{len(records)} runs, {seeds} seeds a network, {first.curve[-1].epoch} epochs each from "
        f"scratch on {first.training_pictures} at {height}x{width} pixels, base width "
        f"{first.base_width:g}, judged on {first.validation_pictures}; {hours:.1f} hours on "
        f"{first.machine}"
    )
