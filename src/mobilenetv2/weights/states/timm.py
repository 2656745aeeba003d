"""timm's `mobilenetv2_*`: 035, 050, 075, 100, 140, and the deeper 110d and 120d."""

import re
from collections.abc import Iterable
from pathlib import Path

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.preprocessing import TORCHVISION, Interpolation, Preprocessing
from mobilenetv2.weights.assemble import Source, assemble
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.recognize.feed import ASSUMED_TORCH
from mobilenetv2.weights.states.dense_head import features_of, read_head
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS, Parts, rename, take_apart
from mobilenetv2.weights.states.side_file import Json, entry, read_json, three
from mobilenetv2.weights.states.torch_file import StateDict, read_torch_file

ANCHOR = "conv_stem.weight"
EPSILON = 1e-5
ENDS = {
    "conv_stem": "stem", "bn1": "stem", "conv_head": "last", "bn2": "last",
}  # fmt: skip
SEPARABLE = {"conv_dw": "depthwise", "bn1": "depthwise", "conv_pw": "project", "bn2": "project"}
"""timm's module for a block without expansion, where `conv_pw` comes second."""
INVERTED = {
    "conv_pw": "expand", "bn1": "expand", "conv_dw": "depthwise", "bn2": "depthwise",
    "conv_pwl": "project", "bn3": "project",
}  # fmt: skip
BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(\w+)")


def read_timm(path: str | Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import timm weights; a timm `config.json` beside them gives preprocessing and labels.

    Raises:
        CheckpointError: unreadable, hostile, or not such a network.
        MissingDependencyError: a torch file, and torch is not installed.
    """
    return from_timm(read_torch_file(path), labels)


def from_timm(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """As `read_timm`, from arrays already read."""
    parts = network_parts(state.arrays)
    arrays = parts.network
    places = block_places(arrays)

    def ours(name: str) -> str | None:
        return _ours(name, places, arrays)

    weights = rename(arrays, ours, "timm", state.path, parts.rest)
    head = read_head(parts.rest, features_of(weights, state.path), parts.prefix, state.path)
    weights |= head.head.weights
    config = _pretrained_config(read_json(state.path.parent / "config.json"))
    source = Source(
        path=state.path,
        format=f"timm state dict ({state.container})",
        runtime="timm",
        preprocessing=_preprocessing(config, state.path),
        padding="torch",
        batch_norm_epsilon=EPSILON,
        notes=(
            *state.notes,
            *parts.notes,
            *head.notes,
            "preprocessing from config.json" if config else ASSUMED_TORCH,
        ),
        activation=head.head.activation,
    )
    if labels is None:
        labels = _labels(config, weights)
    return assemble(weights, labels, source)


def network_parts(arrays: Weights) -> Parts:
    """The convolutions and batch norms under timm's names, and all that is beside them."""

    def belongs(name: str) -> bool:
        return BLOCK.fullmatch(name) is not None or name.rpartition(".")[0] in ENDS

    return take_apart(arrays, ANCHOR, belongs)


def block_places(names: Iterable[str]) -> dict[tuple[int, int], int]:
    """From (stage, repeat), which is how timm counts blocks, to our running number."""
    found = {(int(m[1]), int(m[2])) for m in map(BLOCK.fullmatch, names) if m}
    return {place: number for number, place in enumerate(sorted(found))}


def _ours(name: str, places: dict[tuple[int, int], int], names: Iterable[str]) -> str | None:
    match = BLOCK.fullmatch(name)
    if match is None:
        module, _, part = name.rpartition(".")
        return _array(ENDS.get(module), module, part)
    stage, repeat, module, part = match.groups()
    inverted = f"blocks.{stage}.{repeat}.conv_pwl.weight" in names
    role = (INVERTED if inverted else SEPARABLE).get(module)
    number = places[int(stage), int(repeat)]
    return _array(role and f"block{number}.{role}", module, part)


def _array(node: str | None, module: str, part: str) -> str | None:
    if node is None:
        return None
    if module.startswith("bn"):
        ours = BATCH_NORM_PARTS.get(part)
        return f"{node}.{ours}" if ours else None
    return f"{node}.{part}" if part == "weight" else None


def _pretrained_config(config: Json) -> Json:
    """What timm says of the weights; empty where the file beside them is another model's."""
    if not str(config.get("architecture", "")).startswith("mobilenetv2"):
        return {}
    details: dict[str, object] = entry(config, "pretrained_cfg", {})
    return {**config, **details}


def _preprocessing(config: Json, path: Path) -> Preprocessing:
    size = entry(config, "input_size", [3, 224, 224])
    if len(size) != 3 or any(type(side) is not int for side in size):
        raise CheckpointError(f"{path}: input_size must be [3, height, width], got {size!r}")
    interpolation: Interpolation
    match entry(config, "interpolation", "bicubic"):
        case "bicubic":
            interpolation = "bicubic"
        case "bilinear":
            interpolation = "bilinear"
        case other:
            raise CheckpointError(
                f"{path}: interpolation must be bicubic or bilinear, config.json says {other!r}"
            )
    try:
        return Preprocessing(
            size=(size[1], size[2]),
            fit="squash" if entry(config, "crop_mode", "center") == "squash" else "crop",
            crop_fraction=entry(config, "crop_pct", 0.875),
            interpolation=interpolation,
            mean=three(config, "mean", TORCHVISION.mean),
            std=three(config, "std", TORCHVISION.std),
        )
    except SpecError as error:
        raise CheckpointError(f"{path}: config.json beside it: {error}") from error


def _labels(config: Json, weights: Weights) -> tuple[str, ...] | None:
    names: list[object] = entry(config, "label_names", [])
    head = weights.get("logits.weight")
    if head is None or len(names) != len(head):
        return None
    return tuple(map(str, names))


def suits_timm(names: Iterable[str]) -> bool:
    """Whether tensor names are of this family."""
    return any(name.endswith(ANCHOR) for name in names)
