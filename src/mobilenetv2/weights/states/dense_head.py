"""The head of a torch state dict: what is there beside the network, put in order by its shapes.

A state dict names modules as their author did (`fc`, `head.3`, `classifier.1`) and tells neither
their order nor the activations between them. Shapes tell which layer can read which; in a
Sequential, numbers tell how many modules without arrays stand between two.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.assemble import TF_CLASSES
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.head import Bend, Head, Linear, Scale, Step, batch_norm, reduce_head
from mobilenetv2.weights.states.likeness import likeness
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS

EPSILON = 1e-5
"""Of torch's batch norms."""
MAX_LAYERS = 8
THOUSAND = (1000, TF_CLASSES)
"""Outputs of a network trained on ImageNet, on which others put a linear layer."""
NUMBERED = re.compile(r"(?:(.*)\.)?(\d{1,4})")


@dataclass(frozen=True, slots=True, eq=False)
class TorchHead:
    """Layers in the order they run, and what was settled by convention, in sentences."""

    steps: tuple[Step, ...]
    head: Head
    """The same, as few layers as can be."""
    notes: tuple[str, ...] = ()


def read_head(rest: Mapping[str, Array], channels: int, backbone: str, path: Path) -> TorchHead:
    """The head among the arrays that are no part of the network; empty where there is none.

    Args:
        rest: by the names in the file.
        channels: of the pooled map.
        backbone: the prefix of the network's own names, "" or "model." ...
        path: the file, for messages.

    Raises:
        CheckpointError: several heads, or arrays that have no place in one.
    """
    linears, norms, others = _modules(rest)
    strange = [name for name in others if rest[name].ndim > 1 or name.startswith(backbone or "\0")]
    if strange:
        raise CheckpointError(
            f"{path}: it has no place for {len(strange)} of its tensors, first "
            f"{', '.join(strange[:3])}{likeness(rest)}{_normalization(strange, rest)}"
        )
    notes = [f"not used: {', '.join(others[:5])}"] if others else []
    if not linears and not norms:
        return TorchHead((), Head({}), tuple(notes))
    steps: list[Step] = []
    chain, unused = _chain(linears, channels, backbone, path)
    _require_aside(others, rest, chain, path)
    notes += [f"not used: {name}, which reads the features too" for name in unused]
    placed = _place(norms, chain, channels, path)
    steps += placed[""]
    for place, layer in enumerate(chain):
        behind = placed[layer.name]
        before = [norm for norm in behind if _directly(layer.name, norm.name)]
        steps += [layer, *before]
        if place + 1 < len(chain):
            bends, why = _bends(layer, chain[place + 1], len(behind), backbone)
            steps += [Bend("relu")] * bends
            notes.append(why)
        steps += [norm for norm in behind if norm not in before]
    try:
        return TorchHead(tuple(steps), reduce_head(steps), tuple(notes))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _normalization(names: Sequence[str], rest: Mapping[str, Array]) -> str:
    """The way out where what is left looks like `(x - mean) / std`, registered as buffers."""
    colors = {name: rest[name].reshape(-1).tolist() for name in names if rest[name].size == 3}
    if len(names) != 2 or len(colors) != 2:
        return ""
    told = "; ".join(f"{name} = {','.join(f'{n:g}' for n in got)}" for name, got in colors.items())
    return (
        f". They have a number for each color, as of a normalization inside the model ({told}): "
        "save the dict without them, and say them to convert (--mean, --std; of pixels from 0 to 1)"
    )


def features_of(weights: Mapping[str, Array], path: Path) -> int:
    """How many channels the last convolution gives, by our names.

    Raises:
        CheckpointError: there is none.
    """
    if "last.weight" not in weights:
        raise CheckpointError(
            f"{path}: a MobileNetV2 ends in a 1x1 convolution behind its bottlenecks, this has none"
        )
    return len(weights["last.weight"])


def _modules(rest: Mapping[str, Array]) -> tuple[list[Linear], list[Scale], list[str]]:
    """Linear layers and batch norms in torch's order, and the names of all other arrays."""
    grouped: defaultdict[str, dict[str, Array]] = defaultdict(dict)
    for name, array in rest.items():
        module, _, part = name.rpartition(".")
        grouped[module][part] = array
    linears: list[Linear] = []
    norms: list[Scale] = []
    others: list[str] = []
    for module in sorted(grouped, key=_natural):
        parts = grouped[module]
        weight, bias = parts.get("weight"), parts.get("bias")
        if set(parts) <= {"weight", "bias"} and weight is not None and _is_matrix(weight):
            linears.append(Linear(module, weight.reshape(weight.shape[:2]), bias))
        elif set(parts) <= set(BATCH_NORM_PARTS) and {"running_mean", "running_var"} <= set(parts):
            ours = {BATCH_NORM_PARTS[part]: array for part, array in parts.items()}
            norms.append(batch_norm(module, ours, EPSILON))
        else:
            others += [f"{module}.{part}".lstrip(".") for part in parts]
    return linears, norms, others


def _is_matrix(weight: Array) -> bool:
    return weight.ndim == 2 or (weight.ndim == 4 and weight.shape[2:] == (1, 1))


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers by their size, words by the alphabet."""
    parts = name.split(".")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _chain(
    linears: Sequence[Linear], channels: int, backbone: str, path: Path
) -> tuple[list[Linear], list[str]]:
    """Each layer reading the one before, the first the features; and the names of those left."""
    if not linears:
        raise CheckpointError(
            f"{path}: a classifier ends in a linear layer, and behind the pooling this file has "
            "batch norms alone. Save it with its classification layer, or without these"
        )
    if len(linears) <= MAX_LAYERS:
        whole = next(_orders(linears, channels), None)
        if whole is not None:
            return whole, []
        # What torchvision put there and the author never took away.
        own = [layer for layer in linears if _is_own_classifier(layer, backbone)]
        kept = [layer for layer in linears if layer not in own]
        found = next(_orders(kept, channels), None) if own and kept else None
        if found is not None:
            return found, [layer.name for layer in own]
    shapes = ", ".join(f"{x.name} {list(x.weight.shape)}" for x in linears[:MAX_LAYERS])
    raise CheckpointError(
        f"{path}: a classifier is a linear layer or two, one behind the other, on {channels} "
        f"pooled channels; this file has {shapes}. Save a network with one head"
    )


def _orders(linears: Sequence[Linear], channels: int) -> Iterator[list[Linear]]:
    if not linears:
        yield []
    for place, layer in enumerate(linears):
        if layer.weight.shape[1] == channels:
            others = [*linears[:place], *linears[place + 1 :]]
            for order in _orders(others, len(layer.weight)):
                yield [layer, *order]


def _is_own_classifier(layer: Linear, backbone: str) -> bool:
    own = layer.name.removeprefix(backbone).startswith("classifier")
    return layer.name.startswith(backbone) and own and len(layer.weight) in THOUSAND


def _require_aside(
    others: Sequence[str], rest: Mapping[str, Array], chain: Sequence[Linear], path: Path
) -> None:
    """Refuse arrays that must be layers between those of the head: layer norms, PReLU, scales.

    A loss's weights, one a class, and single numbers may lie beside a network and be left.
    """
    inner = {layer.weight.shape[1] for layer in chain}
    folders = {found[1] for layer in chain if (found := NUMBERED.fullmatch(layer.name))}
    for name in others:
        module = NUMBERED.fullmatch(name.rpartition(".")[0])
        within = module is not None and module[1] in folders
        if within or len(rest[name].reshape(-1)) in inner:
            raise CheckpointError(
                f"{path}: a head is of linear layers, batch norms and a ReLU; {name} "
                f"{list(rest[name].shape)} must be another layer of it, such as a layer norm or a "
                "PReLU, without which the answers would be others. Train a head without"
            )


def _place(
    norms: Sequence[Scale], chain: Sequence[Linear], channels: int, path: Path
) -> Mapping[str, list[Scale]]:
    """The batch norms behind each layer by its name, those behind the pooling under ""."""
    placed: dict[str, list[Scale]] = {name: [] for name in ("", *(x.name for x in chain))}
    for norm in norms:
        sizes = {"": channels} | {layer.name: len(layer.weight) for layer in chain}
        fits = [name for name, size in sizes.items() if size == len(norm.gain)]
        beside = [name for name in fits if name and _follows(name, norm.name)]
        if beside:
            placed[beside[-1]].append(norm)
        elif len(fits) == 1:
            placed[fits[0]].append(norm)
        else:
            raise CheckpointError(
                f"{path}: the batch norm {norm.name} of {len(norm.gain)} channels must stand "
                f"behind one layer, it fits {len(fits)}"
            )
    return placed


def _follows(first: str, second: str) -> bool:
    """Whether both are in one Sequential and the second comes later."""
    one, two = NUMBERED.fullmatch(first), NUMBERED.fullmatch(second)
    return bool(one and two and one[1] == two[1] and int(one[2]) < int(two[2]))


def _directly(first: str, second: str) -> bool:
    """Whether a norm stands before the activation: torch's usual order, unless numbers deny it."""
    one, two = NUMBERED.fullmatch(first), NUMBERED.fullmatch(second)
    return not (one and two and one[1] == two[1]) or int(two[2]) == int(one[2]) + 1


def _bends(first: Linear, second: Linear, norms: int, backbone: str) -> tuple[bool, str]:
    """Whether an activation stands between two layers, and why it is thought so."""
    both = f"{first.name} and {second.name}"
    place = first.name
    if _is_own_classifier(first, backbone):
        # As a module of a Sequential the network has a number too.
        place = backbone.removesuffix(".")
    one, two = NUMBERED.fullmatch(place), NUMBERED.fullmatch(second.name)
    if one and two and one[1] == two[1]:
        if int(two[2]) - int(one[2]) - 1 - norms < 1:
            return False, f"nothing stands between {both}: made one layer"
    elif _is_own_classifier(first, backbone):
        return False, (
            f"a state dict names no activations: assumed none between {both}, which reads the "
            f"{len(first.weight)} outputs of the network itself; made one layer"
        )
    return True, f"a state dict names no activations: assumed a ReLU between {both}"
