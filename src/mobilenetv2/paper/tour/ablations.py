"""The tour's part on figure 6: what trained networks say of the paper's choices."""

from mobilenetv2.paper.ablation_runs import (
    FEWEST_RUNS,
    AblationFigure,
    AblationScale,
    Estimate,
    FamilyResult,
    VariantResult,
)
from mobilenetv2.paper.ablations import BASE, families
from mobilenetv2.paper.tour.sections import Grid, Section

BEFORE = (
    "Figure 6 compares trained networks: (a) a ReLU6 behind the bottleneck against none, (b) the "
    "shortcut between bottlenecks, between expansions, or left out. Section 4 adds that expansion "
    "factors between 5 and 10 hardly differ, section 6.1 that V2 beats V1 at equal cost. These are "
    "trainings, not drawings; the paper prints no number of figure 6."
)

HOW = (
    "`mobilenetv2 paper figure6 --train --data FOLDER --out DIR` trains all of it again on any "
    "folder with one folder a class: the same recipe for every network, three seeds, resumable; "
    "`--epochs`, `--size`, `--width`, `--seeds` and `--family` set the scale. `mobilenetv2 paper "
    "figure6 --runs DIR/records --out DIR` draws what came out, `--runs` once more for a second "
    "scale."
)

INTERVALS = (
    "± is half a 95 % interval over seeds (Student's t). Differences are taken seed by seed: runs "
    "of one seed see the same pictures in the same order."
)


def tell_figure_6(data: AblationFigure) -> Section:
    """Every claim with what each scale says of it, then every comparison in numbers."""
    scales = data.scales
    if not scales:
        nothing = "No runs are kept in this release."
        return Section(before=(BEFORE, nothing), grids=(_plan(),), after=(HOW,))
    settings = tuple(f"**{scale.name}.** {scale.setting}." for scale in scales)
    return Section(
        before=(BEFORE, *settings),
        picture="Top-1 accuracy of trained variants: bottleneck activation, shortcut, expansion "
        "factor, V2 against V1, with 95 % intervals",
        grids=(
            _claims(data), *(_grid(scale, family) for scale in scales for family in scale.families)
        ),
        after=(*_verdicts(data), INTERVALS, HOW),
    )  # fmt: skip


def verdict(family: FamilyResult) -> str:
    """Whether the paper's claim about a comparison shows, in half a sentence."""
    match family.outcome:
        case "undecided":
            return "there are too few runs to tell"
        case "shows":
            return "the claim shows"
        case "does not show":
            found = "; ".join(f"{variant.label}: {variant.standing}" for variant in family.against)
            return f"the claim does not show ({found})"
        case "nothing against it":
            widest = max(100 * (variant.difference.half or 0) for variant in family.claimed)
            return f"nothing speaks against the claim, as far as ±{widest:.0f} points can tell"


def _claims(data: AblationFigure) -> Grid:
    """A row a claim, a column a scale."""
    rows = []
    for planned in families():
        found = [_of(scale, planned.name) for scale in data.scales]
        if any(found):
            rows.append((_capital(planned.claim), planned.title, *map(_outcome, found)))
    return Grid(
        ("the paper's claim", "comparison", *(scale.name for scale in data.scales)), tuple(rows)
    )


def _outcome(family: FamilyResult | None) -> str:
    if family is None:
        return "not trained"
    found = ", ".join(_points(variant.difference, signed=True) for variant in family.claimed)
    return f"{family.outcome}: {found}" if found else family.outcome


def _verdicts(data: AblationFigure) -> tuple[str, ...]:
    """A paragraph a comparison."""
    paragraphs = []
    for planned in families():
        tried = [(scale.name, _of(scale, planned.name)) for scale in data.scales]
        found = [(name, family) for name, family in tried if family]
        parts = [f"{name}: {_finding(family)}" for name, family in found]
        if parts:
            claim = _capital(planned.claim)
            if len(parts) > 1 and all(family.outcome == "does not show" for _, family in found):
                parts.append("The claim shows at none of the scales that were tried.")
            paragraphs.append(f"**{planned.title}.** {claim}. {' '.join(parts)}")
    return tuple(paragraphs)


def _finding(family: FamilyResult) -> str:
    found = "; ".join(
        f"{variant.label} {_points(variant.difference, signed=True)} points, {variant.standing}"
        for variant in family.variants
        if variant.name != BASE
    )
    return f"{verdict(family)}. Against the paper's own network: {found}."


def _grid(scale: AblationScale, family: FamilyResult) -> Grid:
    rows = tuple(
        (
            variant.label,
            f"{variant.width:.3g}",
            f"{variant.madds:,}",
            f"{variant.parameters:,}",
            str(variant.top1.count),
            _points(variant.top1),
            "" if variant.name == BASE else _points(variant.difference, signed=True),
            _standing(variant),
        )
        for variant in family.variants
    )
    columns = (
        f"{family.title}; {scale.name}",
        "width", "multiply-adds", "parameters", "seeds", "top-1, %", "difference", "",
    )  # fmt: skip
    return Grid(columns, rows, frozenset(range(1, 7)))


def _standing(variant: VariantResult) -> str:
    if variant.standing == "undecided":
        return f"undecided: {variant.difference.count} of {FEWEST_RUNS} seeds"
    return variant.standing


def _of(scale: AblationScale, name: str) -> FamilyResult | None:
    return next((family for family in scale.families if family.name == name), None)


def _capital(claim: str) -> str:
    return claim[0].upper() + claim[1:]


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
