"""What a caller may choose about a prediction; the rest is in the checkpoint.

An option is added here: a field of `Options`, and its type in `Choices`. `Model.predict`, the
command line and the check for the right task follow from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import TYPE_CHECKING, Literal, TypedDict, get_args

if TYPE_CHECKING:
    from mobilenetv2.catalog.embedded import Task


Kind = Literal["number", "count", "numbers", "names", "word"]

Decoding = Literal["exact", "fast"]

DETECTION_THRESHOLD = 0.3
"""A detector's own, where none is given: TensorFlow's and torchvision's examples draw from here."""

LABEL_THRESHOLD = 0.5
"""Of several labels a picture, each: from here it is likelier to hold than not."""

ANSWERS = 5
"""Of classes that exclude each other, where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Rule:
    """To what an option belongs, what it may be, and what the command line says of it."""

    tasks: tuple[Task, ...]
    """None: it is for every task."""
    help: str
    low: float = 0
    high: float = inf
    kind: Kind = "number"
    words: tuple[str, ...] = ()
    """What one of kind "word" may be."""

    def check(self, name: str, value: object) -> None:
        """Refuse a value out of range; NaN is out of every range, None stands for no choice.

        Raises:
            ValueError: it is, with the rule.
        """
        if value is None:
            return
        if self.kind == "names":
            _check_names(name, value)
            return
        if self.kind == "word":
            if value not in self.words:
                raise ValueError(f"{name} must be {' or '.join(self.words)}, got {value!r}")
            return
        if self.kind == "count" and (not isinstance(value, int) or isinstance(value, bool)):
            raise ValueError(f"{name} must be a whole number, got {value!r}")
        several = self.kind == "numbers"
        numbers = value if several and isinstance(value, Sequence) else (value,)
        if numbers and all(
            isinstance(number, int | float) and self.low <= number <= self.high
            for number in numbers
        ):
            return
        span = f"{self.low}..{self.high}" if self.high < inf else f"at least {self.low}"
        if several:
            rule = f"{name} must hold one or more numbers in {span}"
        else:
            rule = f"{name} must be {'in ' if self.high < inf else ''}{span}"
        raise ValueError(f"{rule}, got {value!r}")

    def is_for(self, task: Task) -> bool:
        """Whether a model of this task looks at the option."""
        return not self.tasks or task in self.tasks


def _check_names(name: str, value: object) -> None:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{name} must be a list of names, got {value!r}")
    if not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError(f"{name} must hold names that are not empty, got {value!r}")


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one call; a task looks at those that are for it, and refuses the others.

    Raises:
        ValueError: a value outside its range.
    """

    top: int | None = field(
        default=None,
        metadata={
            "rule": Rule(
                ("classification",),
                "how many answers; default: 5, or all labels that hold.",
                1,
                kind="count",
            )
        },
    )
    """See `most_answers`."""
    threshold: float | None = field(
        default=None,
        metadata={
            "rule": Rule(
                ("classification", "detection"),
                "the score below which an answer or a box is left out; default: 0, of several "
                "labels 0.5, and 0.3.",
                0,
                1,
            )
        },
    )
    """See `least_score`. A classifier without an answer that good says "unknown", one of several
    labels a picture "none"."""
    max_detections: int = field(
        default=100, metadata={"rule": Rule(("detection",), "how many boxes at most.", 1)}
    )
    """The best ones."""
    nms: float = field(
        default=0.5,
        metadata={"rule": Rule(("detection",), "how much boxes of a class may overlap.", 0, 1)},
    )
    """Of two boxes of a class that overlap (intersection over union) by more than this, the
    better stays."""
    class_agnostic: bool = field(
        default=False,
        metadata={"rule": Rule(("detection",), "overlap counts across classes too.", 0, 1)},
    )
    """Whether the better of two boxes suppresses the other whatever their classes."""
    labels: Sequence[str] = field(
        default=(),
        metadata={"rule": Rule((), "Only these.", kind="names")},
    )
    """What may be answered; nothing here: everything. Scores stay as they are. A segmenter's other
    pixels become background, or 255 where it knows no background."""
    scales: Sequence[float] = field(
        default=(1.0,),
        metadata={
            "rule": Rule(
                ("classification", "segmentation"),
                "factors on the input's size to average over.",
                0.1,
                4.0,
                "numbers",
            )
        },
    )
    """The network runs at each of these factors on its input's sides, and the probabilities are
    averaged; the paper's "multi-scale" is (0.5, 0.75, 1, 1.25, 1.5, 1.75)."""
    flip: bool = field(
        default=False,
        metadata={"rule": Rule((), "Look at the mirrored picture as well.", 0, 1)},
    )
    """Probabilities are averaged; a detector chooses among the boxes of both."""
    stretch: bool = field(
        default=False,
        metadata={
            "rule": Rule((), "Grey of 16 bits: darkest black, brightest white.", 0, 1),
        },
    )
    decode: Decoding = field(
        default="exact",
        metadata={
            "rule": Rule(
                (),
                "fast: large JPEGs read smaller; answers may differ a little.",
                kind="word",
                words=get_args(Decoding),
            )
        },
    )
    """"fast" has JPEGs decoded no larger than the network needs them, see `tasks.draft`."""

    def __post_init__(self) -> None:
        for name, rule in RULES.items():
            rule.check(name, getattr(self, name))
        # A list is as good, and the value stays one that can be hashed.
        object.__setattr__(self, "scales", tuple(self.scales))
        object.__setattr__(self, "labels", tuple(self.labels))

    def least_score(self, task: Task, multi_label: bool = False) -> float:
        """`threshold`, or where none is given the task's own."""
        if self.threshold is not None:
            return self.threshold
        if multi_label:
            return LABEL_THRESHOLD
        return DETECTION_THRESHOLD if task == "detection" else 0.0

    def most_answers(self, multi_label: bool = False) -> int | None:
        """`top`, or where none is given 5, and of several labels a picture all; None: all."""
        return ANSWERS if self.top is None and not multi_label else self.top

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

    top: int | None
    threshold: float | None
    max_detections: int
    nms: float
    class_agnostic: bool
    labels: Sequence[str]
    scales: Sequence[float]
    flip: bool
    stretch: bool
    decode: Decoding


RULES: dict[str, Rule] = {option.name: option.metadata["rule"] for option in fields(Options)}
"""By the option's name."""


def options_of(task: Task) -> tuple[str, ...]:
    """Names of the options that a task takes."""
    return tuple(name for name, rule in RULES.items() if rule.is_for(task))


DEFAULTS = Options()
"""What every door of the package offers unless told otherwise."""
