"""What the owner of a file says of its preprocessing, over what was found or assumed."""

from dataclasses import dataclass, replace
from math import isfinite

from mobilenetv2.errors import SpecError
from mobilenetv2.preprocessing import Fit, Interpolation
from mobilenetv2.weights.foreign import Foreign

Channels = tuple[float, float, float]

MEANS = (-8.0, 8.0)
STDS = (1e-3, 8.0)
"""Of values in 0..1: [-1, 1] is mean and std 0.5, ImageNet has a std of 0.22."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """None leaves what the file says. A value v in 0..255 becomes `(v / 255 - mean) / std`.

    Raises:
        SpecError: numbers that are no mean or deviation of values in 0..1.
    """

    mean: Channels | None = None
    std: Channels | None = None
    fit: Fit | None = None
    interpolation: Interpolation | None = None

    def __post_init__(self) -> None:
        _check("mean", self.mean, MEANS)
        _check("std", self.std, STDS)

    def applied(self, foreign: Foreign) -> Foreign:
        """The import with this preprocessing, and a note of each change."""
        before = foreign.checkpoint.preprocessing
        after = replace(
            before,
            fit=self.fit or before.fit,
            interpolation=self.interpolation or before.interpolation,
            mean=self.mean or before.mean,
            std=self.std or before.std,
        )
        changes = [
            f"{name}: {_written(getattr(before, name))} in the file, {_written(wanted)} as given"
            for name in ("mean", "std", "fit", "interpolation")
            if (wanted := getattr(self, name)) is not None
        ]
        if not changes:
            return foreign
        provenance = foreign.checkpoint.provenance
        provenance = replace(provenance, history=(*provenance.history, *changes))
        checkpoint = replace(foreign.checkpoint, preprocessing=after, provenance=provenance)
        return replace(foreign, checkpoint=checkpoint, notes=(*foreign.notes, *changes))


def _check(name: str, values: Channels | None, limits: tuple[float, float]) -> None:
    low, high = limits
    for value in values or ():
        if not (isfinite(value) and low <= value <= high):
            scaled = value / 255
            hint = f"; on 0..255 that would be {scaled:.4g} here" if low <= scaled <= high else ""
            raise SpecError(
                f"{name} is of values in 0..1 and must be from {low:g} to {high:g}, got {value:g}"
                f"{hint}"
            )


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{item:.4g}" for item in value)
    return str(value)


AS_FOUND = Pixels()
