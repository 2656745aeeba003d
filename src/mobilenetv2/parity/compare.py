"""How far two runtimes are apart on the same pictures, as a value that can be printed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mobilenetv2.errors import ParityError
from mobilenetv2.weights.checkpoint import Array

Quantity = Literal["probabilities", "logits"]


@dataclass(frozen=True, slots=True)
class LayerParity:
    """A quantised file, layer by layer: each of our layers fed with the runtime's own input.

    What remains is the rounding of one layer, so a wrong weight cannot hide behind the noise
    that fifty quantised layers add up to. Counted in steps of the output's quantisation.
    """

    layers: int
    """How many convolutions were compared."""
    max_steps: float
    within_one_step: float
    """The fraction of all values no further apart than one step, 0..1."""
    worst: str
    """The layer with `max_steps`."""


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
    """The fraction of pictures with the same class first, 0..1."""
    quantity: Quantity
    layers: LayerParity | None = None


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
    ours, theirs = _matrix(ours), _matrix(theirs)
    if ours.shape != theirs.shape or ours.size == 0:
        raise ParityError(
            "a comparison needs at least one picture and as many classes on both sides, got "
            f"{list(ours.shape)} here and {list(theirs.shape)} from {runtime}"
        )
    errors = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    return Parity(
        runtime=runtime,
        version=version,
        pictures=len(ours),
        max_error=float(errors.max()),
        mean_error=float(errors.mean()),
        agreement=float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()),
        quantity=quantity,
        layers=layers,
    )


def _matrix(outputs: Array) -> Array:
    return outputs.reshape(len(outputs), -1)
