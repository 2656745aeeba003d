"""Foreign tensor names to ours, by a rule; nothing may be left over or met twice."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
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

AVERAGED = re.compile(r"(^|[._])ema([._]|$)")
"""model_ema, state_dict_ema, ema.module ...: the weights that training scripts publish."""

NameRule = Callable[[str], str | None]
"""From a foreign name to ours, or None for a name the rule does not know."""


def rename(
    arrays: Mapping[str, Array],
    rule: NameRule,
    family: str,
    path: Path,
    beside: Collection[str] = (),
) -> dict[str, Array]:
    """The same arrays under our own names.

    Args:
        arrays: by their foreign names.
        rule: from those to ours.
        family: whose names they are, for messages.
        path: the file, for messages.
        beside: names in the file that are no part of the network; they tell what it looks like.

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
    refuse_unknown(unknown, [*arrays, *beside], family, path)
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


@dataclass(frozen=True, slots=True)
class Parts:
    """A state dict taken apart: a network, and what stands beside it."""

    network: dict[str, Array]
    """Under the family's own names."""
    rest: dict[str, Array]
    """Under the names in the file."""
    prefix: str
    """Before the network's names: "module.", "model.backbone." ..."""
    notes: tuple[str, ...] = ()


def take_apart(arrays: Mapping[str, Array], anchor: str, belongs: Callable[[str], bool]) -> Parts:
    """The network at `anchor`, and everything else.

    Args:
        arrays: by the names in the file.
        anchor: the name of its first convolution, with a wrapper's prefix ("module.", "model.")
            before it.
        belongs: whether a name without the prefix is one of the network's.
    """
    prefixes = [name.removesuffix(anchor) for name in arrays if name.endswith(anchor)]
    prefix, *others = sorted(prefixes, key=lambda p: AVERAGED.search(p.lower()) is None)
    copies = tuple(other for other in others if other and not prefix.startswith(other))
    network, rest = {}, {}
    for name, array in arrays.items():
        inner = name.removeprefix(prefix)
        if name.startswith(prefix) and belongs(inner):
            network[inner] = array
        elif not name.startswith(copies):
            rest[name] = array
    notes = (
        (f"the file holds {1 + len(copies)} networks: {prefix!r} taken, {', '.join(copies)} not",)
        if copies
        else ()
    )
    return Parts(network, rest, prefix, notes)


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
