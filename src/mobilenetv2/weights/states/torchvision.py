"""torchvision's `mobilenet_v2`, and the older layouts of tonylins and d-li14 it grew from.

All three number the same modules in the same order: `features.N` is the stem (0), a bottleneck,
or the last convolution, and inside it convolutions and batch norms take turns. They differ only
in how deep the numbers nest (`conv.0.0.weight` or `conv.0.weight`) and in where the last
convolution and the classifier hang.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.weights.assemble import Source, assemble, sha256
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.recognize.feed import ASSUMED_TORCH
from mobilenetv2.weights.states.dense_head import features_of, read_head
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS, Parts, rename, take_apart
from mobilenetv2.weights.states.torch_file import StateDict, read_torch_file

ANCHOR = "features.0.0.weight"
"""The stem's convolution: what stands before it is a wrapper's prefix."""

STEM = "0.0.weight"
"""The same in a list of modules that has lost its name."""

IMAGENET1K_V2 = "7ebf99e0"
"""How the sha256 of torchvision's second weights begins; they resize to 232, the first to 256."""

EPSILON = 1e-5
MODULE = re.compile(r"(features\.(\d{1,4})|conv)((?:\.conv)?(?:\.\d{1,4})*)\.(\w+)")
NUMBERED = re.compile(r"\d{1,4}\.(\d|conv\.)")
"""A name in a list of the network's modules, as `nn.Sequential(*model.children())` makes one."""
ROLES = {1: ("",), 2: (".depthwise", ".project"), 3: (".expand", ".depthwise", ".project")}
"""What the convolutions of a module are, by how many there are."""


def read_torchvision(path: str | Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a torchvision state dict of any width and number of classes.

    Raises:
        CheckpointError: unreadable, hostile, or not such a network.
        MissingDependencyError: torch is not installed.
    """
    return from_torchvision(read_torch_file(path), labels)


def from_torchvision(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """As `read_torchvision`, from arrays already read."""
    parts = network_parts(state.arrays)
    arrays = parts.network
    names = module_names(arrays, state.path)
    weights = rename(
        arrays,
        lambda name: _ours(name, names, arrays[name]),
        "torchvision",
        state.path,
        parts.rest,
    )
    head = read_head(parts.rest, features_of(weights, state.path), parts.prefix, state.path)
    source = Source(
        path=state.path,
        format=f"torchvision state dict ({state.container})",
        runtime="torchvision",
        preprocessing=_preprocessing(state.path),
        padding="torch",
        batch_norm_epsilon=EPSILON,
        notes=(*state.notes, *parts.notes, *head.notes, ASSUMED_TORCH),
        activation=head.head.activation,
    )
    return assemble({**weights, **head.head.weights}, labels, source)


def network_parts(arrays: Weights) -> Parts:
    """The convolutions and batch norms under torchvision's names, and all that is beside them."""
    if not any(name.endswith(ANCHOR) for name in arrays):
        prefix = _listed_at(arrays) or ""
        arrays = {
            f"{prefix}features.{inner}" if name.startswith(prefix) and NUMBERED.match(inner)
            else name: array
            for name, array in arrays.items()
            if (inner := name.removeprefix(prefix))
        }  # fmt: skip
    return take_apart(arrays, ANCHOR, lambda name: MODULE.fullmatch(name) is not None)


def _listed_at(names: Iterable[str]) -> str | None:
    """What stands before the modules' numbers where `features` has another name or none."""
    for name in (known := set(names)):
        prefix = name.removesuffix(STEM)
        blocks = (f"{prefix}1.conv.0.0.weight", f"{prefix}1.conv.0.weight")
        if name.endswith(STEM) and known & set(blocks):
            return prefix
    return None


def module_names(arrays: Weights, path: Path) -> dict[str, str]:
    """From every module that holds arrays to the node it belongs to: a convolution and its norm.

    Raises:
        CheckpointError: convolutions and batch norms that do not take turns.
    """
    groups: dict[str, dict[str, int]] = defaultdict(dict)
    for name, array in arrays.items():
        match = MODULE.fullmatch(name)
        if match and match[4] == "weight":
            groups[match[1]][name.removesuffix(".weight")] = array.ndim
    last = max(map(_number, groups), default=0)
    names: dict[str, str] = {}
    for group, modules in groups.items():
        ordered = sorted(modules, key=_path)
        kinds = [modules[module] for module in ordered]
        if kinds != [4, 1] * (len(kinds) // 2) or len(kinds) // 2 not in ROLES:
            raise CheckpointError(
                f"{path}: a module of a MobileNetV2 is one, two or three "
                f"convolutions, each with its batch norm; {group} has {ordered}"
            )
        roles = ROLES[len(kinds) // 2]
        node = _node(group, len(roles), last)
        names |= {module: node + roles[place // 2] for place, module in enumerate(ordered)}
    return names


def _node(group: str, convolutions: int, last: float) -> str:
    number = _number(group)
    if number == 0:
        return "stem"
    if number == last and convolutions == 1:
        return "last"
    return f"block{int(number) - 1}"


def _number(group: str) -> float:
    """Place in the network; d-li14's `conv` comes after all `features`."""
    return float(group.rpartition(".")[2]) if group.startswith("features.") else float("inf")


def _path(module: str) -> list[int]:
    return [int(part) for part in module.split(".")[1:] if part.isdigit()]


def _ours(name: str, nodes: dict[str, str], array: Array) -> str | None:
    module, _, part = name.rpartition(".")
    node = nodes.get(module)
    if node is None:
        return None
    if array.ndim == 4:
        return f"{node}.weight"
    ours = BATCH_NORM_PARTS.get(part)
    return f"{node}.{ours}" if ours else None


def _preprocessing(path: Path) -> Preprocessing:
    if sha256(path).startswith(IMAGENET1K_V2):
        return replace(TORCHVISION, crop_fraction=224 / 232)
    return TORCHVISION


def suits_torchvision(names: Iterable[str]) -> bool:
    """Whether tensor names are of this family."""
    return any(name.endswith(ANCHOR) for name in names)


def suits_listed_torchvision(names: Iterable[str]) -> bool:
    """Whether they are, but for the word `features`."""
    return _listed_at(names) is not None
