"""Results of long measurements and trainings, small enough to be kept; how they are read."""

from typing import TypeVar

from mobilenetv2.weights.plain import from_plain

T = TypeVar("T")


def decode(kind: type[T], value: object) -> T:
    """A record's dataclass from the JSON that `weights.plain.to_plain` made, strictly.

    Raises:
        CheckpointError: a field that is missing, unknown or of another type.
    """
    return from_plain(kind, value, "record")
