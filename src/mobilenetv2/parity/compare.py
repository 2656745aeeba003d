"""How far two runtimes are apart on the same pictures, as a value that can be printed."""

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np

from mobilenetv2.errors import ParityError
from mobilenetv2.weights.checkpoint import Array

Quantity = Literal[
    "probabilities", "logits", "boxes and logits", "boxes and scores", "mask", "features"
]
"""What two runtimes are compared by; of a mask the error is the share of pixels that differ."""
Item = Literal["pictures", "anchors", "pixels"]
"""What has one class each."""


@dataclass(frozen=True, slots=True)
class LayerParity:
    """A quantised file, layer by layer: each of our layers fed with the runtime's own input.

    What remains is the rounding of one layer, so a wrong weight cannot hide behind the noise
    that fifty quantised layers add up to. Counted in steps of the output's quantisation.
    """

    layers: int
    """How many were compared: all of a network kept in integers, the convolutions of another."""
    max_steps: float
    within_one_step: float
    """The fraction of all values no further apart than one step, 0..1."""
    worst: str
    """The layer with `max_steps`."""
    exact: float | None = None
    """The fraction of all values that are the same integers, 0..1; None where ours are floats."""


@dataclass(frozen=True, slots=True)
class Parity:
    """What was measured between an original file and our reading of it."""

    runtime: str
    """For people: "LiteRT", "onnxruntime", "torchvision"."""
    version: str
    pictures: int
    max_error: float
    """The largest absolute difference of any output of any picture, in units of `quantity`."""
    mean_error: float
    agreement: float
    """The fraction with the same class first, 0..1; of what, `agreement_of` says."""
    quantity: Quantity
    layers: LayerParity | None = None
    relative_error: float = 0.0
    """`max_error` over the range from the runtime's lowest to its highest output; where boxes and
    classes are compared each has its own range, and the worse counts."""
    agreement_of: Item = "pictures"
    unchecked: str = ""
    """What the comparison cannot tell, in words; empty where it tells all."""

    @property
    def first(self) -> str:
        """What is the same where both sides agree, in words."""
        return "largest feature" if self.quantity == "features" else "first class"


@dataclass(slots=True)
class Tally:
    """Differences of one kind of output, added up picture by picture."""

    largest: float = 0.0
    total: float = 0.0
    count: int = 0
    lowest: float = inf
    highest: float = -inf
    agreeing: int = 0
    classified: int = 0

    def add(self, ours: Array, theirs: Array) -> None:
        """One picture's numbers, float32 of one shape, the classes along the last axis.

        Raises:
            ParityError: outputs of different shape, or none.
        """
        if ours.shape != theirs.shape or ours.size == 0:
            raise ParityError(
                "a comparison needs at least one picture and as many classes on both sides, got "
                f"{list(ours.shape)} here and {list(theirs.shape)} from the other runtime"
            )
        errors = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
        self.largest = max(self.largest, float(errors.max()))
        self.total += float(errors.sum())
        self.count += errors.size
        self.lowest = min(self.lowest, float(theirs.min()))
        self.highest = max(self.highest, float(theirs.max()))
        same = ours.argmax(axis=-1) == theirs.argmax(axis=-1)
        self.agreeing += int(same.sum())
        self.classified += same.size

    def add_mask(self, ours: Array, theirs: Array) -> None:
        """One picture's classes, pixel by pixel; the error is the share of them that differ.

        Raises:
            ParityError: masks of different shape.
        """
        if ours.shape != theirs.shape:
            raise ParityError(
                f"masks must have one shape, got {list(ours.shape)} here and "
                f"{list(theirs.shape)} from the other runtime"
            )
        wrong = int((ours != theirs).sum())
        self.largest = max(self.largest, wrong / ours.size)
        self.total += wrong
        self.count += ours.size
        self.lowest, self.highest = 0.0, 1.0
        self.agreeing += ours.size - wrong
        self.classified += ours.size

    @property
    def relative(self) -> float:
        """The largest error over the range of the other runtime's outputs."""
        spread = self.highest - self.lowest
        return self.largest / spread if spread > 0 else self.largest


def compare(
    ours: Array,
    theirs: Array,
    quantity: Quantity,
    runtime: str,
    version: str,
    layers: LayerParity | None = None,
) -> Parity:
    """Measure the difference of two sets of outputs.

    Args:
        ours: float32 [pictures, classes]; other dimensions of size 1 are ignored.
        theirs: the same, of the same pictures in the same order.
        quantity: what the numbers are.
        runtime: who computed `theirs`.
        version: of the runtime.
        layers: the proof layer by layer, where there is one.

    Raises:
        ParityError: no pictures, or outputs of different shape.
    """
    if len(ours) != len(theirs):
        raise ParityError(f"{len(ours)} pictures here, {len(theirs)} from {runtime}")
    tally = Tally()
    tally.add(ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1))
    return Parity(
        runtime=runtime,
        version=version,
        pictures=len(ours),
        max_error=tally.largest,
        mean_error=tally.total / tally.count,
        agreement=tally.agreeing / tally.classified,
        quantity=quantity,
        layers=layers,
        relative_error=tally.relative,
    )
