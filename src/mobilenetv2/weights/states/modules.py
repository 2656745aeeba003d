"""Which node a torch module's arrays belong to, where modules are only numbered."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS

WEIGHT = ".weight"


def modules_under(arrays: Weights, group: str) -> list[str]:
    """The modules with a weight whose names begin with `group`, in torch's order."""
    found = [
        name.removesuffix(WEIGHT)
        for name in arrays
        if name.startswith(f"{group}.") and name.endswith(WEIGHT)
    ]
    return sorted(found, key=lambda module: [int(part) for part in re.findall(r"\d{1,4}", module)])


def nodes_in_turn(arrays: Weights, group: str, nodes: Sequence[str], path: Path) -> dict[str, str]:
    """From each module under `group` to its node: every convolution begins the next of `nodes`.

    A batch norm belongs to the convolution before it.

    Raises:
        CheckpointError: another number of convolutions than nodes, or a norm out of turn.
    """
    found: dict[str, str] = {}
    modules = modules_under(arrays, group)
    remaining = iter(nodes)
    node, normed = "", True
    for module in modules:
        convolution = arrays[f"{module}{WEIGHT}"].ndim == 4
        if convolution:
            node = next(remaining, "")
        if not node or (normed and not convolution):
            break
        found[module], normed = node, not convolution
    if len(found) != len(modules) or next(remaining, ""):
        raise CheckpointError(
            f"{path}: {group} must be the convolutions {', '.join(nodes)}, at most one batch norm "
            f"after each; the file has {', '.join(modules) or 'nothing'} there"
        )
    return found


def array_name(name: str, nodes: Mapping[str, str], arrays: Weights) -> str | None:
    """Our name for the array `name`, or None for a module or a part that has no place."""
    module, _, part = name.rpartition(".")
    node = nodes.get(module)
    if node is None:
        return None
    if arrays[f"{module}{WEIGHT}"].ndim == 4:
        return f"{node}.{part}" if part in ("weight", "bias") else None
    ours = BATCH_NORM_PARTS.get(part)
    return f"{node}.{ours}" if ours else None


def fold_biases(weights: Mapping[str, Array], path: Path) -> dict[str, Array]:
    """Without the biases of convolutions that have a batch norm after them.

    What such a bias adds, the norm's mean takes away, so it is subtracted there.

    Raises:
        CheckpointError: a bias of another length than the mean.
    """
    folded = dict(weights)
    for name in _normed(weights):
        bias, mean = folded.pop(f"{name}.bias"), weights[f"{name}.mean"]
        if bias.shape != mean.shape:
            raise CheckpointError(
                f"{path}: {name} must have as many biases as means, got {bias.shape} and "
                f"{mean.shape}"
            )
        folded[f"{name}.mean"] = mean - bias
    return folded


def _normed(weights: Iterable[str]) -> list[str]:
    names = set(weights)
    biased = (name.removesuffix(".bias") for name in names if name.endswith(".bias"))
    return [name for name in biased if f"{name}.mean" in names]
