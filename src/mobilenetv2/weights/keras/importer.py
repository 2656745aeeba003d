"""Keras' `applications.MobileNetV2`, as `.keras`, `.h5` or `.weights.h5`, of Keras 2 and 3.

Keras pads the stride-2 depthwise convolutions by an explicit ZeroPadding2D: (0, 1) on even
sizes, (1, 1) on odd ones. That is TensorFlow's SAME for a 3x3 kernel at any size, so the
network here needs nothing special.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import V1_ROWS
from mobilenetv2.weights.assemble import Source, assemble
from mobilenetv2.weights.assumed_fit import assumed_fit
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.keras.config import KerasFacts, keras_facts
from mobilenetv2.weights.keras.file import KerasFile, KerasLayer, read_keras_file
from mobilenetv2.weights.keras.head import KerasHead, read_head
from mobilenetv2.weights.keras.layers import configured_layers
from mobilenetv2.weights.keras.naming import named_layers

STEM, LAST = ("Conv1", "bn_Conv1", "conv1", "conv1_bn"), ("Conv_1", "Conv_1_bn")
V1_BLOCK = re.compile(r"conv_(dw|pw)_(\d+)(?:_bn)?")
"""Of `applications.MobileNet`, counted from 1."""
V1_ROLES = {"dw": "depthwise", "pw": "pointwise"}
V1_STRIDE = 32
"""Its padding of (0, 1) is SAME where the map is even, as all of them are at these sizes."""
BLOCK = re.compile(r"(?:expanded_conv|block_(\d+))_(expand|depthwise|project)(?:_BN)?")
VARIABLES = {
    "kernel": "weight", "bias": "bias", "gamma": "gamma", "beta": "beta",
    "moving_mean": "mean", "moving_variance": "variance",
}  # fmt: skip


def read_keras(path: str | Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a Keras MobileNetV2 classifier of any width, size and number of classes.

    Also a fine-tuned one: the application without its top inside another model that ends in
    global average pooling, perhaps a hidden Dense layer, and the Dense layer of the classes.

    Raises:
        CheckpointError: unreadable, hostile, without a top, or not such a network.
        MissingDependencyError: h5py is not installed.
    """
    file = read_keras_file(path)
    layers, facts, head = read_parts(file)
    weights: dict[str, Array] = {}
    for node, layer in layers:
        for variable, array in layer.arrays.items():
            ours = f"{node}.{VARIABLES.get(variable, variable)}"
            if ours in weights:
                raise CheckpointError(f"{file.path}: two arrays stand for {ours}; one may")
            weights[ours] = _to_ours(node, array) if variable == "kernel" else array
    weights |= head.head.weights
    preprocessing, notes = facts.preprocessing, (*facts.notes, *head.notes)
    if "logits.weight" in weights:
        fit, assumed = assumed_fit(len(weights["logits.weight"]))
        preprocessing, notes = replace(preprocessing, fit=fit), (*notes, assumed)
    source = Source(
        path=file.path,
        format="Keras model" if file.config else "Keras weights",
        runtime="keras",
        preprocessing=preprocessing,
        padding="tensorflow",
        batch_norm_epsilon=facts.epsilon,
        notes=notes,
        activation=head.head.activation,
        scores=head.scores,
    )
    return assemble(weights, labels, source)


def read_parts(file: KerasFile) -> tuple[list[tuple[str, KerasLayer]], KerasFacts, KerasHead]:
    """The network's layers by node, what the configuration says, and the head.

    Raises:
        CheckpointError: layers that no MobileNetV2 has, or no such classifier.
    """
    layers = configured_layers(file.config, file.path)
    found = named_layers(layers, file.layers)
    named = [(_node(layer), layer) for layer in found]
    if "stem" not in [node for node, _ in named]:
        behind = {layer.name for layer in layers.head}
        named = _by_order(found, behind, file.path)
    network = _up_to_the_cut([(node, layer) for node, layer in named if node is not None])
    others = [_as_dense(layer) for node, layer in named if node is None]
    unknown = [layer.name or layer.group for layer in others if not _beside(layer)]
    if unknown:
        raise CheckpointError(
            f"{file.path}: not a Keras MobileNetV2: it has no place for {len(unknown)} of "
            f"{len(named)} layers, first {', '.join(unknown[:3])}"
        )
    facts = keras_facts(layers, {layer.name: layer.arrays for layer in others}, file.path)
    v1 = any(node == "block0.pointwise" for node, _ in network)
    if v1 and any(side % V1_STRIDE for side in facts.preprocessing.size):
        raise CheckpointError(
            f"{file.path}: Keras' MobileNet pads as ours does at multiples of {V1_STRIDE} pixels, "
            f"the file has {facts.preprocessing.size}"
        )
    network = [(node, _red_first(node, layer, facts)) for node, layer in network]
    end = f"block{len(V1_ROWS) - 1}.pointwise" if v1 else "last"
    kernels = {node: layer.arrays["kernel"] for node, layer in network if "kernel" in layer.arrays}
    if end not in kernels:
        raise CheckpointError(f"{file.path}: not a Keras MobileNetV2: it has no layer {LAST[0]}")
    last = kernels[end]
    dense = [layer for layer in others if "mean" not in layer.arrays]
    configured = layers.head if layers.all else None
    return network, facts, read_head(configured, dense, last.shape[-1], file.path)


def _up_to_the_cut(network: list[tuple[str, KerasLayer]]) -> list[tuple[str, KerasLayer]]:
    """A network that ends in a block's expansion, as one cut at its stride may: its last layer."""
    nodes = {node for node, _ in network}
    for node in nodes:
        block = node.removesuffix(".expand")
        if block != node and f"{block}.depthwise" not in nodes and "last" not in nodes:
            return [("last" if name == node else name, layer) for name, layer in network]
    return network


def _red_first(node: str, layer: KerasLayer, facts: KerasFacts) -> KerasLayer:
    """The first convolution as it reads red, green and blue in this order."""
    kernel = layer.arrays.get("kernel")
    if node != "stem" or kernel is None or kernel.shape[2:3] != (len(facts.colors),):
        return layer
    turned = np.ascontiguousarray(kernel[:, :, list(facts.colors)])
    return replace(layer, arrays={**layer.arrays, "kernel": turned})


def _as_dense(layer: KerasLayer) -> KerasLayer:
    """A 1x1 convolution of the pooled map, as MobileNetV1's classifier is, as a Dense layer."""
    kernel = layer.arrays.get("kernel")
    if kernel is None or kernel.shape[:2] != (1, 1) or kernel.ndim != 4:
        return layer
    return replace(layer, arrays={**layer.arrays, "kernel": kernel[0, 0]})


def _beside(layer: KerasLayer) -> bool:
    """Whether it may be part of a head, or what a Normalization has learnt."""
    kernel = layer.arrays.get("kernel")
    if kernel is not None:
        return kernel.ndim == 2
    return {"moving_mean", "moving_variance"} <= set(layer.arrays) or "mean" in layer.arrays


def node_of(name: str) -> str | None:
    """Our node for the name of one of Keras' layers, convolution or batch norm."""
    if name in STEM:
        return "stem"
    if name in LAST:
        return "last"
    older = V1_BLOCK.fullmatch(name)
    if older:
        return f"block{int(older[2]) - 1}.{V1_ROLES[older[1]]}"
    match = BLOCK.fullmatch(name)
    return f"block{match[1] or 0}.{match[2]}" if match else None


def _node(layer: KerasLayer) -> str | None:
    kernel = layer.arrays.get("kernel")
    if kernel is not None and kernel.ndim == 2:
        return None
    # Keras 2 may number a second model's layers ("Conv1_1") inside a group of the plain name.
    return node_of(layer.name) or node_of(layer.group)


def _by_order(
    found: Sequence[KerasLayer], behind: Set[str], path: Path
) -> list[tuple[str | None, KerasLayer]]:
    """A network whose layers have no names of Keras' own, but the number of each in its class."""
    kinds = {"conv2d": "weight", "depthwise_conv2d": "weight", "batch_normalization": "gamma"}
    groups: dict[str, list[KerasLayer]] = {kind: [] for kind in kinds}
    rest: list[tuple[str | None, KerasLayer]] = []
    model = next((_model(layer) for layer in found if _kind(layer) == "depthwise_conv2d"), "")
    for layer in found:
        kind = _kind(layer)
        if kind in groups and _model(layer) == model and layer.name not in behind:
            groups[kind].append(layer)
        else:
            rest.append((_node(layer), layer))
    blocks = len(groups["depthwise_conv2d"])
    for kind, nodes in zip(kinds, _orders(blocks), strict=True):
        layers = sorted(groups[kind], key=_number)
        if len(layers) != len(nodes):
            raise CheckpointError(
                f"{path}: a MobileNetV2 of {blocks} bottlenecks has {len(nodes)} layers "
                f"{kind}, this file has {len(layers)}"
            )
        rest.extend(zip(nodes, layers, strict=True))
    return rest


def _kind(layer: KerasLayer) -> str:
    """Its class, in snake case."""
    return re.sub(r"_\d+$", "", layer.group.rpartition("/")[2])


def _model(layer: KerasLayer) -> str:
    """The group of the model that it is in."""
    return layer.group.rpartition("/")[0]


def _orders(blocks: int) -> Sequence[list[str]]:
    """Nodes in the order of Keras' conv2d, depthwise_conv2d and batch_normalization layers."""
    depthwise = [f"block{index}.depthwise" for index in range(blocks)]
    everything = ["stem"]
    for index in range(blocks):
        roles = ("expand", "depthwise", "project") if index else ("depthwise", "project")
        everything.extend(f"block{index}.{role}" for role in roles)
    everything.append("last")
    return [node for node in everything if node not in depthwise], depthwise, everything


def _number(layer: KerasLayer) -> int:
    match = re.search(r"_(\d+)$", layer.group)
    return int(match[1]) if match else 0


def _to_ours(node: str, kernel: Array) -> Array:
    """HWIO to OIHW; a depthwise HWC1 to C1HW; a Dense [in, out] to [out, in]."""
    if kernel.ndim == 2:
        return np.ascontiguousarray(kernel.T)
    if kernel.ndim != 4:
        return kernel
    axes = (2, 3, 0, 1) if node.endswith(".depthwise") else (3, 2, 0, 1)
    return np.ascontiguousarray(kernel.transpose(axes))
