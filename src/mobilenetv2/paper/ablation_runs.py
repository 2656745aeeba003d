"""Figure 6: what the trained runs of one scale, and of several, say together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Literal

from mobilenetv2.datasets.findings import counted
from mobilenetv2.errors import DatasetError
from mobilenetv2.paper.ablation_records import AblationRun, read_runs
from mobilenetv2.paper.ablations import BASE, Family, Setting, families

STUDENT_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
"""Student's t for 95 % on both sides, for 1 to 20 degrees of freedom."""

_NORMAL_95 = 1.960

FEWEST_RUNS = 3
"""From two, an interval would be nine of their deviations to either side: it says nothing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds with its 95 % interval (Student's t)."""

    mean: float
    half: float | None
    """Half the interval's length; None for fewer than `FEWEST_RUNS`."""
    count: int


Standing = Literal["the paper's own", "worse", "better", "no difference shows", "undecided"]
"""Of a network against the paper's own, at one scale."""

Outcome = Literal["shows", "does not show", "nothing against it", "undecided"]
"""Of one of the paper's claims, at one scale."""


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

    @property
    def standing(self) -> Standing:
        """A difference is one beyond its interval; fewer than `FEWEST_RUNS` seeds tell nothing."""
        if self.name == BASE:
            return "the paper's own"
        if self.difference.half is None:
            return "undecided"
        if abs(self.difference.mean) <= self.difference.half:
            return "no difference shows"
        return "better" if self.difference.mean > 0 else "worse"


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

    @property
    def claimed(self) -> tuple[VariantResult, ...]:
        """The variants that the claim speaks of, as far as they were trained."""
        wanted = (*self.worse, *self.alike)
        return tuple(variant for variant in self.variants if variant.name in wanted)

    @property
    def against(self) -> tuple[VariantResult, ...]:
        """Those of them that stand otherwise than the claim says."""
        return tuple(
            variant
            for variant in self.claimed
            if variant.standing
            != ("worse" if variant.name in self.worse else "no difference shows")
        )

    @property
    def outcome(self) -> Outcome:
        """That networks are alike can never be shown, only that nothing speaks against it."""
        if len(self.claimed) < len(self.worse) + len(self.alike) or any(
            variant.standing == "undecided" for variant in self.claimed
        ):
            return "undecided"
        if self.against:
            return "does not show"
        return "shows" if self.worse else "nothing against it"


@dataclass(frozen=True, slots=True)
class AblationScale:
    """All runs that share size, width, classes, pictures and epochs."""

    name: str
    """"64x64, width 0.35, 10 epochs"."""
    families: tuple[FamilyResult, ...]
    """Only those of which at least two networks were trained."""
    runs: int
    setting: str
    """Size, width, epochs, pictures, machine and hours, in one sentence."""


@dataclass(frozen=True, slots=True)
class AblationFigure:
    """Figure 6, and the comparisons that the paper makes in words."""

    scales: tuple[AblationScale, ...]
    """From the least training to the most; empty without runs."""

    @property
    def runs(self) -> int:
        """Of all scales."""
        return sum(scale.runs for scale in self.scales)


def figure_6(folders: Sequence[Path] = ()) -> AblationFigure:
    """Figure 6 from records: those of the release, or those of folders.

    Runs of different settings are never compared: each setting is a scale of its own. Of a scale,
    only variants with the paper's network beside them at the same seeds are shown.

    Args:
        folders: where `mobilenetv2 paper figure6 --train` wrote, each with a JSON file a run.

    Raises:
        DatasetError: a folder without any record, or the same run twice.
    """
    runs = [] if folders else [*read_runs()]
    for folder in folders:
        found = read_runs([folder])
        if not found:
            raise DatasetError(f"{folder} must hold records of runs (*.json), got none")
        runs.extend(found)
    scales: dict[tuple[object, ...], list[AblationRun]] = {}
    for run in runs:
        key = (run.size, run.base_width, run.classes, run.training_pictures, run.epochs)
        scales.setdefault(key, []).append(run)
    ordered = sorted(scales.values(), key=lambda runs: (runs[0].epochs, runs[0].madds))
    return AblationFigure(tuple(_scale(runs) for runs in ordered))


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


def _scale(runs: Sequence[AblationRun]) -> AblationScale:
    (name, times), *_ = Counter(f"{run.variant}-{run.seed}" for run in runs).most_common(1)
    if times > 1:
        raise DatasetError(
            f"a run must be there once, got {times} records of {name}; draw folders one by one"
        )
    first = runs[0]
    setting = Setting(first.size, first.base_width, first.classes)
    results = tuple(_family(family, runs) for family in families(setting))
    height, width = first.size
    return AblationScale(
        f"{height}x{width}, width {first.base_width:g}, {counted(first.epochs, 'epoch')}",
        tuple(result for result in results if len(result.variants) > 1),
        len(runs),
        _describe(runs),
    )


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
    seeds = counted(most, "seed") if fewest == most else f"{fewest} to {most} seeds"
    height, width = first.size
    return (
        f"{len(records)} runs, {seeds} a network, {counted(first.epochs, 'epoch')} each from "
        f"scratch on {first.training_pictures} at {height}x{width} pixels, base width "
        f"{first.base_width:g}, judged on {first.validation_pictures}; {hours:.1f} hours on "
        f"{first.machine}"
    )
