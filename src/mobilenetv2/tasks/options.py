"""What a caller may choose about a prediction; the rest is in the checkpoint.

An option is added here: a field of `Options`, and its type in `Choices`. `Model.predict`, the
command line and the check for the right task follow from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from mobilenetv2.catalog.embedded import Task


@dataclass(frozen=True, slots=True)
class Rule:
    """To what an option belongs, what it may be, and what the command line says of it."""

    task: Task | None
    """None: to every task."""
    help: str
    low: float = 0
    high: float = inf
    several: bool = False
    """Whether the value is one or more numbers."""

    def check(self, name: str, value: object) -> None:
        """Refuse a value out of range; NaN is out of every range.

        Raises:
            ValueError: it is, with the rule.
        """
        numbers = value if self.several and isinstance(value, Sequence) else (value,)
        if numbers and all(
            isinstance(number, int | float) and self.low <= number <= self.high
            for number in numbers
        ):
            return
        span = f"{self.low}..{self.high}" if self.high < inf else f"at least {self.low}"
        if self.several:
            rule = f"{name} must hold one or more numbers in {span}"
        else:
            rule = f"{name} must be {'in ' if self.high < inf else ''}{span}"
        raise ValueError(f"{rule}, got {value!r}")


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one call; each belongs to one task, and the others leave it alone.

    Raises:
        ValueError: a value outside its range.
    """

    top: int = field(default=5, metadata={"rule": Rule("classification", "how many answers.", 1)})
    """How many answers a picture."""
    threshold: float = field(
        default=0.3,
        metadata={"rule": Rule("detection", "the score that a box must exceed.", 0, 1)},
    )
    max_detections: int = field(
        default=100, metadata={"rule": Rule("detection", "how many boxes at most.", 1)}
    )
    """The best ones."""
    nms: float = field(
        default=0.5,
        metadata={"rule": Rule("detection", "how much boxes of a class may overlap.", 0, 1)},
    )
    """Of two boxes of a class that overlap (intersection over union) by more than this, the
    better stays."""
    scales: Sequence[float] = field(
        default=(1.0,),
        metadata={
            "rule": Rule(
                "segmentation", "factors on the input's size to average over.", 0.1, 4.0, True
            )
        },
    )
    """The network runs at each of these factors on its input's sides, and the probabilities are
    averaged; the paper's "multi-scale" is (0.5, 0.75, 1, 1.25, 1.5, 1.75)."""
    flip: bool = field(
        default=False,
        metadata={"rule": Rule("segmentation", "average with the mirrored picture.", 0, 1)},
    )
    stretch: bool = field(
        default=False,
        metadata={
            "rule": Rule(
                None,
                "Grey pictures of 16 bits: the darkest value black, the brightest white.",
                0,
                1,
            )
        },
    )

    def __post_init__(self) -> None:
        # A list is as good, and the value stays one that can be hashed.
        object.__setattr__(self, "scales", tuple(self.scales))
        for name, rule in RULES.items():
            rule.check(name, getattr(self, name))

    def check(self, task: Task) -> None:
        """Refuse a choice that would change nothing.

        Raises:
            ValueError: an option of another task is not at its default.
        """
        own = options_of(task)
        for option in fields(self):
            value = getattr(self, option.name)
            if option.name not in own and value != option.default:
                raise ValueError(
                    f"{option.name} is not for {task}, which takes {' and '.join(own)}, "
                    f"got {value!r}"
                )


class Choices(TypedDict, total=False):
    """`Options` as keywords of `predict`."""

    top: int
    threshold: float
    max_detections: int
    nms: float
    scales: Sequence[float]
    flip: bool
    stretch: bool


RULES: dict[str, Rule] = {option.name: option.metadata["rule"] for option in fields(Options)}
"""By the option's name."""


def options_of(task: Task) -> tuple[str, ...]:
    """Names of the options that a task takes."""
    return tuple(name for name, rule in RULES.items() if rule.task in (task, None))


DEFAULTS = Options()
"""What every door of the package offers unless told otherwise."""
