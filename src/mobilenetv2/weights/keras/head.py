"""The head of a Keras classifier: Dense layers, batch norms and activations behind the pooling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import HiddenActivation, Scores
from mobilenetv2.weights.assemble import ALWAYS_ONE
from mobilenetv2.weights.head import Bend, Head, Linear, Scale, Step, batch_norm, reduce_head
from mobilenetv2.weights.keras.file import KerasLayer
from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.recognize.trace_classifier import several_sigmoids
from mobilenetv2.weights.states.side_file import entry

EPSILON = 1e-3
"""Keras' own for batch norms."""
SILENT = (None, "linear")
VARIABLES = {
    "gamma": "gamma", "beta": "beta", "moving_mean": "mean", "moving_variance": "variance"
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class KerasHead:
    """Layers in the order they run, and what was settled by convention, in sentences."""

    steps: tuple[Step, ...]
    head: Head
    """The same, as few layers as can be."""
    notes: tuple[str, ...] = ()
    scores: Scores = "softmax"


def read_head(
    configured: Sequence[ConfiguredLayer] | None,
    layers: Sequence[KerasLayer],
    channels: int,
    path: Path,
) -> KerasHead:
    """The head's steps, by the configuration, or by shapes where a file has weights only.

    A file without any is a feature extractor's.

    Args:
        configured: the layers behind the pooling; None where the file has no configuration.
        layers: the file's arrays that belong to no layer of the network.
        channels: of the pooled map.
        path: the file, for messages.

    Raises:
        CheckpointError: more than one hidden one, or an activation that no hidden
            layer of ours has.
    """
    if not layers:
        _require_nothing_behind(configured or (), path)
        return KerasHead((), Head({}))
    if not any(_is_dense(layer) for layer in layers):
        raise CheckpointError(
            f"{path}: a classifier ends in a Dense layer, and behind the pooling this file has "
            "batch norms alone. Save it with its classification layer, or without these"
        )
    scores: Scores = "softmax"
    notes: tuple[str, ...] = ()
    if configured is None:
        steps, notes = _by_shapes(layers, channels, path)
    else:
        steps, scores = _by_configuration(configured, _by_name(layers, path), path)
    first = next((step for step in steps if isinstance(step, Linear)), None)
    if first is None or first.weight.shape[1] != channels:
        raise CheckpointError(
            f"{path}: the first Dense layer must read the {channels} pooled channels, this file's "
            f"reads {first.weight.shape[1] if first else 'none'}: put GlobalAveragePooling2D "
            "between the network and its head, where there is a Flatten or nothing"
        )
    try:
        head = reduce_head(steps)
        if scores == "sigmoid":
            notes = (*notes, several_sigmoids(len(head.weights["logits.weight"])))
        return KerasHead(tuple(steps), head, notes, scores)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _require_nothing_behind(configured: Sequence[ConfiguredLayer], path: Path) -> None:
    """A file without a Dense layer gives its features, and its configuration must say so too."""
    told = [
        f"{layer.name} ({layer.kind})"
        for layer in configured
        if layer.kind in ("Dense", "Conv2D", "BatchNormalization", "Softmax")
        or layer.settings.get("activation") not in SILENT
    ]
    if told:
        raise CheckpointError(
            f"{path}: the features are the file's last numbers, and its configuration has "
            f"{', '.join(told[:3])} behind them; save the whole model, weights and configuration"
        )


def _is_dense(layer: KerasLayer) -> bool:
    return "kernel" in layer.arrays and layer.arrays["kernel"].ndim == 2


def _linear(layer: KerasLayer) -> Linear:
    kernel = layer.arrays["kernel"]
    return Linear(layer.name or layer.group, kernel.T.copy(), layer.arrays.get("bias"))


def _by_name(layers: Sequence[KerasLayer], path: Path) -> dict[str, KerasLayer]:
    """The layers by the names that the configuration calls them by."""
    named = {layer.name: layer for layer in layers if layer.name}
    if len(named) < len(layers):
        told = ", ".join(f"{layer.name or 'nameless'} ({layer.group})" for layer in layers[:5])
        raise CheckpointError(
            f"{path}: each layer behind the network must have a name of its own, by which the "
            f"configuration says what it does, got {told}. Give them names (Dense(..., "
            "name='classes')) and save the model anew"
        )
    return named


def _by_configuration(
    configured: Sequence[ConfiguredLayer], named: Mapping[str, KerasLayer], path: Path
) -> tuple[list[Step], Scores]:
    steps: list[Step] = []
    ends: list[str] = []
    outputs = 0
    for layer in configured:
        if ends and layer.kind in ("Dense", "BatchNormalization", "ReLU"):
            raise CheckpointError(f"{path}: a classifier ends in a {ends[0]}, {layer.name} follows")
        match layer.kind:
            case "Dense" | "Conv2D":
                arrays = _arrays_of(layer, named, path)
                steps.append(_linear(arrays))
                outputs = arrays.arrays["kernel"].shape[-1]
                _bend(layer.settings.get("activation"), layer, steps, ends, path)
            case "BatchNormalization":
                steps.append(_scale(layer, _arrays_of(layer, named, path)))
            case "Activation":
                _bend(layer.settings.get("activation"), layer, steps, ends, path)
            case "Softmax":
                ends.append("softmax")
            case "ReLU":
                steps.append(Bend(_relu(layer, path)))
            case _:
                pass  # dropout, a reshape: seen by `keras_facts`
    if len(ends) > 1:
        raise CheckpointError(f"{path}: a classifier ends in one activation, got {ends[:5]}")
    if ends == ["softmax"] and outputs == 1:
        raise CheckpointError(f"{path}: {ALWAYS_ONE}")
    used = {step.name for step in steps if not isinstance(step, Bend)}
    unused = sorted(set(named) - used)
    if unused:
        raise CheckpointError(f"{path}: it has no place for the layers {', '.join(unused[:3])}")
    return steps, "sigmoid" if ends == ["sigmoid"] and outputs > 1 else "softmax"


def _arrays_of(layer: ConfiguredLayer, named: Mapping[str, KerasLayer], path: Path) -> KerasLayer:
    found = named.get(layer.name)
    if found is None:
        raise CheckpointError(f"{path}: the layer {layer.name!r} ({layer.kind}) has no arrays")
    return found


def _scale(layer: ConfiguredLayer, found: KerasLayer) -> Scale:
    arrays = {VARIABLES[name]: array for name, array in found.arrays.items() if name in VARIABLES}
    return batch_norm(layer.name, arrays, entry(layer.settings, "epsilon", EPSILON))


def _bend(
    activation: object, layer: ConfiguredLayer, steps: list[Step], ends: list[str], path: Path
) -> None:
    """An activation that ends the model is noted, one in between becomes a step."""
    if activation in SILENT:
        return
    if activation in ("softmax", "sigmoid"):
        ends.append(str(activation))
    elif activation == "relu":
        steps.append(Bend("relu"))
    elif activation == "relu6":
        steps.append(Bend("relu6"))
    else:
        raise CheckpointError(
            f"{path}: a hidden layer's activation must be relu or relu6, that of {layer.name} is "
            f"{str(activation)[:40]!r}"
        )


def _relu(layer: ConfiguredLayer, path: Path) -> HiddenActivation:
    settings = layer.settings
    limit = settings.get("max_value")
    bent = any(settings.get(name) for name in ("negative_slope", "threshold"))
    if bent or limit not in (None, 6):
        raise CheckpointError(
            f"{path}: a ReLU in the head must be plain or end at 6, {layer.name} is not"
        )
    return "relu" if limit is None else "relu6"


def _by_shapes(
    layers: Sequence[KerasLayer], channels: int, path: Path
) -> tuple[list[Step], tuple[str, ...]]:
    """Dense layers one behind the other; a file of weights names neither order nor activations."""
    remaining = list(layers)
    strange = [layer.name or layer.group for layer in layers if not _is_dense(layer)]
    chain: list[Linear] = []
    while fits := [x for x in remaining if _is_dense(x) and len(x.arrays["kernel"]) == channels]:
        chain.append(_linear(fits[0]))
        remaining.remove(fits[0])
        channels = len(chain[-1].weight)
    left = strange or [layer.name or layer.group for layer in remaining]
    if left and chain:
        raise CheckpointError(
            f"{path}: it has no place for {', '.join(left[:3])} in a head of "
            f"{len(chain)} Dense layers; save the whole model, with its configuration"
        )
    steps: list[Step] = []
    notes: list[str] = []
    for layer in chain:
        if steps:
            steps.append(Bend("relu"))
            notes.append(
                f"weights only, which name no activations: assumed a ReLU before {layer.name}"
            )
        steps.append(layer)
    if not steps:
        steps.append(_linear(next(layer for layer in layers if _is_dense(layer))))
    elif channels > 1:
        notes.append("weights only, which name no activations: assumed a softmax of the classes")
    return steps, tuple(notes)
