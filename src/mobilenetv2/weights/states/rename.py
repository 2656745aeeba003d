"""Foreign tensor names to ours, by a rule; nothing may be left over or met twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.states.likeness import likeness

BATCH_NORM_PARTS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "mean",
    "running_var": "variance",
}
"""torch's names for a batch norm's arrays, and the paper's."""

NameRule = Callable[[str], str | None]
"""From a foreign name to ours, or None for a name the rule does not know."""


def rename(
    arrays: Mapping[str, Array], rule: NameRule, family: str, path: Path
) -> dict[str, Array]:
    """The same arrays under our own names.

    Raises:
        CheckpointError: names the rule does not know, or two for the same place.
    """
    renamed: dict[str, Array] = {}
    unknown = []
    for name, array in arrays.items():
        ours = rule(name)
        if ours is None:
            unknown.append(name)
        elif ours in renamed:
            raise CheckpointError(f"{path}: two tensors stand for {ours}, the second is {name}")
        else:
            renamed[ours] = array
    refuse_unknown(unknown, arrays, family, path)
    return renamed


def refuse_unknown(unknown: Sequence[str], names: Collection[str], family: str, path: Path) -> None:
    """Refuse a file with tensors that have no place in the network.

    Raises:
        CheckpointError: there are any.
    """
    if unknown:
        raise CheckpointError(
            f"{path}: not a {family} MobileNetV2: it has no place for {len(unknown)} "
            f"of {len(names)} tensors, first {', '.join(unknown[:3])}{likeness(names)}"
        )


def strip_prefix(arrays: Mapping[str, Array], anchor: str) -> dict[str, Array]:
    """Without what stands before `anchor` ("module.", "model.", ...) in every name.

    Arrays without that prefix are not part of the network (losses, counters) and left out.
    """
    prefix = next(name for name in arrays if name.endswith(anchor)).removesuffix(anchor)
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
