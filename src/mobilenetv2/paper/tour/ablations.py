"""The tour's part on figure 6: what trained networks say of the paper's choices."""

from mobilenetv2.paper.ablation_runs import (
    FEWEST_RUNS,
    AblationFigure,
    Estimate,
    FamilyResult,
    VariantResult,
)
from mobilenetv2.paper.ablations import BASE, families
from mobilenetv2.paper.tour.sections import Grid, Section

HOW = (
    "`mobilenetv2 paper figure6 --train --data FOLDER --out DIR` trains all of it again on any "
    "folder with one folder a class: the same recipe for every network, {seeds} seeds, resumable. "
    "`mobilenetv2 paper figure6 --runs DIR/records --out DIR` draws what came out."
)

ALIKE = "no difference shows"


def tell_figure_6(data: AblationFigure) -> Section:
    """Every comparison with its claim, its result, and whether the claim shows."""
    before = (
        "Figure 6 compares trained networks: (a) a ReLU6 behind the bottleneck against none, (b) "
        "the shortcut between bottlenecks, between expansions, or left out. Section 4 adds that "
        "expansion factors between 5 and 10 hardly differ, section 6.1 that V2 beats V1 at equal "
        "cost. These are trainings, not drawings; the paper prints no number of figure 6.",
    )
    how = HOW.format(seeds="three")
    if not data.families:
        return Section(
            before=(*before, "No runs are kept in this release."), grids=(_plan(),), after=(how,)
        )
    verdicts = tuple(f"**{family.title}.** {_finding(family)}" for family in data.families)
    return Section(
        before=(*before, f"{data.setting}."),
        picture="Top-1 accuracy of trained variants: bottleneck activation, shortcut, expansion "
        "factor, V2 against V1, with 95 % intervals",
        grids=tuple(_grid(family) for family in data.families),
        after=(
            *verdicts,
            "± is half a 95 % interval over seeds (Student's t). Differences are taken seed by "
            "seed: runs of one seed see the same pictures in the same order.",
            how,
        ),
    )  # fmt: skip


def shows(variant: VariantResult) -> str:
    """Whether a variant differs from the paper's own network at this scale, in a word."""
    half = variant.difference.half
    if variant.name == BASE:
        return "the paper's own"
    if half is None:
        return f"{variant.difference.count} of {FEWEST_RUNS} seeds: undecided"
    if abs(variant.difference.mean) <= half:
        return ALIKE
    return "better" if variant.difference.mean > 0 else "worse"


def verdict(family: FamilyResult) -> str:
    """Whether the paper's claim about a comparison shows at this scale, in a sentence."""
    there = {variant.name: variant for variant in family.variants}
    claimed = [there.get(name) for name in (*family.worse, *family.alike)]
    known = [variant for variant in claimed if variant is not None]
    if len(known) < len(claimed) or any(variant.difference.half is None for variant in known):
        return "There are too few runs to tell"
    against = [
        variant
        for variant in known
        if shows(variant) != ("worse" if variant.name in family.worse else ALIKE)
    ]
    if against:
        found = "; ".join(f"{variant.label}: {shows(variant)}" for variant in against)
        return f"At this scale the claim does not show ({found})"
    if family.worse:
        return "At this scale the claim shows"
    widest = max(100 * (variant.difference.half or 0) for variant in known)
    return (
        f"At this scale nothing speaks against the claim, as far as ±{widest:.0f} points can tell"
    )


def _finding(family: FamilyResult) -> str:
    others = [variant for variant in family.variants if variant.name != BASE]
    parts = [
        f"{variant.label}: {_points(variant.difference, signed=True)} points, {shows(variant)}"
        for variant in others
    ]
    claim = family.claim[0].upper() + family.claim[1:]
    found = "; ".join(parts)
    return f"{claim}. {verdict(family)}. Against the paper's own network: {found}."


def _grid(family: FamilyResult) -> Grid:
    rows = tuple(
        (
            variant.label,
            f"{variant.width:.3g}",
            f"{variant.madds:,}",
            f"{variant.parameters:,}",
            str(variant.top1.count),
            _points(variant.top1),
            "" if variant.name == BASE else _points(variant.difference, signed=True),
            shows(variant),
        )
        for variant in family.variants
    )
    columns = (
        family.title, "width", "multiply-adds", "parameters", "seeds", "top-1, %", "difference", "",
    )  # fmt: skip
    return Grid(columns, rows, frozenset(range(1, 7)))


def _plan() -> Grid:
    rows = tuple(
        (family.title, ", ".join(variant.label for variant in family.variants), family.claim)
        for family in families()
    )
    return Grid(("comparison", "networks", "the paper's claim"), rows)


def _points(estimate: Estimate, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    text = f"{100 * estimate.mean:{sign}.1f}"
    return text if estimate.half is None else f"{text} ± {100 * estimate.half:.1f}"
