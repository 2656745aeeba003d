"""Figure 6 and its companions: which networks are trained against each other, and why."""

from dataclasses import dataclass, replace
from functools import lru_cache

from mobilenetv2.errors import SpecError
from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import Classifier, MobileNetV1, MobileNetV2, Spec, with_expansion

EXPANSIONS = (1, 2, 4, 6, 8, 10)

BASE = "v2"
"""The paper's own network: linear bottleneck, shortcut between bottlenecks, t = 6."""

_STEPS = 14
"""Halvings of the widths from 0.02 to 8: the last one is half a thousandth, finer than channels."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all networks of an ablation share."""

    size: tuple[int, int] = (64, 64)
    """(height, width) in pixels."""
    width: float = 0.35
    """Of `BASE`; networks at equal cost have their own."""
    classes: int = 20


@dataclass(frozen=True, slots=True)
class Variant:
    """One network of an ablation."""

    name: str
    """A key for files: "relu6-bottleneck"."""
    label: str
    """For tables and figures."""
    spec: Spec


@dataclass(frozen=True, slots=True)
class Family:
    """Networks to be compared with each other."""

    name: str
    title: str
    claim: str
    """The paper's, with its section."""
    variants: tuple[Variant, ...]
    """The paper's choice among them is `BASE`."""
    worse: tuple[str, ...] = ()
    """Of the variants by name: what the claim says is worse than `BASE`."""
    alike: tuple[str, ...] = ()
    """What the claim says hardly differs from it."""


@lru_cache(maxsize=8)
def families(setting: Setting | None = None) -> tuple[Family, ...]:
    """The five comparisons; networks that appear in several are one and the same.

    All of them round channels to whole numbers rather than to multiples of 8: at small widths
    multiples of 8 would decide more than what is compared, and equal cost could not be met.

    Args:
        setting: picture size, width and classes.
    """
    setting = setting or Setting()
    v2 = MobileNetV2(divisor=1)
    base = Variant(BASE, "MobileNetV2", _spec(v2, setting))
    relu6 = replace(v2, bottleneck_activation="relu6")
    between, none = replace(v2, shortcut="expansion"), replace(v2, shortcut="none")
    return (
        Family(
            "activation", "Figure 6a: the bottleneck's activation",
            "sections 3.2 and 6.4: non-linear layers in bottlenecks hurt by several percent",
            (
                replace(base, label="linear"),
                Variant("relu6-bottleneck", "ReLU6", _spec(relu6, setting)),
            ),
            worse=("relu6-bottleneck",),
        ),
        Family(
            "shortcut", "Figure 6b: where the shortcut is",
            "section 6.4: a shortcut between bottlenecks does better than between expansions",
            (
                replace(base, label="between bottlenecks"),
                Variant("shortcut-expansion", "between expansions", _spec(between, setting)),
                Variant("shortcut-none", "none", _spec(none, setting)),
            ),
            worse=("shortcut-expansion",),
        ),
        Family(
            "expansion-width", "Expansion factor, at equal width",
            "section 4: 5 to 10 give nearly identical curves",
            tuple(_expansion(t, base, setting, equal_cost=False) for t in EXPANSIONS),
            alike=("expansion-8-width", "expansion-10-width"),
        ),
        Family(
            "expansion-cost", "Expansion factor, at equal cost",
            "section 4: 5 to 10 give nearly identical curves",
            tuple(_expansion(t, base, setting, equal_cost=True) for t in EXPANSIONS),
            alike=("expansion-8-cost", "expansion-10-cost"),
        ),
        Family(
            "v1", "MobileNetV2 against V1, at equal cost",
            "section 6.1: V2 is ahead of V1 over all costs",
            (base, _v1(base, setting)),
            worse=("v1",),
        ),
    )  # fmt: skip


def all_variants(setting: Setting | None = None) -> tuple[Variant, ...]:
    """Every network of every family once, the paper's own first."""
    found: dict[str, Variant] = {}
    for family in families(setting):
        for variant in family.variants:
            found.setdefault(variant.name, variant)
    return tuple(found.values())


def match_cost(spec: Spec, madds: int) -> Spec:
    """The same network at the width at which it costs what is asked for, as near as channels allow.

    Raises:
        SpecError: no width from 0.02 to 8 comes within 3 %.
    """
    low, high = 0.02, 8.0
    best = spec
    for _ in range(_STEPS):
        middle = (low * high) ** 0.5
        tried = replace(spec, width=middle)
        cost = analyze(tried).madds
        if abs(cost - madds) < abs(analyze(best).madds - madds):
            best = tried
        low, high = (middle, high) if cost < madds else (low, middle)
    found = analyze(best).madds
    if abs(found - madds) > 0.03 * madds:
        raise SpecError(
            f"no width gives {madds:,} multiply-adds: the nearest gives {found:,}. "
            "Choose a larger --size or --width"
        )
    return best


def _expansion(factor: int, base: Variant, setting: Setting, *, equal_cost: bool) -> Variant:
    if factor == 6:
        return replace(base, label="t = 6")
    spec = _spec(with_expansion(MobileNetV2(divisor=1), factor), setting)
    if not equal_cost:
        return Variant(f"expansion-{factor}-width", f"t = {factor}", spec)
    spec = match_cost(spec, analyze(base.spec).madds)
    return Variant(f"expansion-{factor}-cost", f"t = {factor}", spec)


def _v1(base: Variant, setting: Setting) -> Variant:
    spec = replace(base.spec, backbone=MobileNetV1(), width=setting.width)
    return Variant("v1", "MobileNetV1", match_cost(spec, analyze(base.spec).madds))


def _spec(backbone: MobileNetV2, setting: Setting) -> Spec:
    return Spec(
        backbone=backbone, head=Classifier(setting.classes), width=setting.width, size=setting.size
    )
