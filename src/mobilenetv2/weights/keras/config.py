"""What a Keras model's configuration says beside its arrays: epsilon, input, preprocessing."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.preprocessing import TENSORFLOW, Preprocessing
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.keras.layers import ConfiguredLayer, Layers
from mobilenetv2.weights.keras.old_calls import OLD_CALLS
from mobilenetv2.weights.keras.pixels import KERAS_3_LAYERS, Pixels, fold_pixels
from mobilenetv2.weights.recognize.color_order import BLUE_FIRST, order_of_colors, red_first
from mobilenetv2.weights.recognize.feed import ASSUMED, normalization, pixels_up_to
from mobilenetv2.weights.states.side_file import entry

EPSILON = 1e-3
OFFICIAL = re.compile(r"^mobilenet_v2_weights_tf_dim_ordering_tf_kernels_[\d.]+_(\d{2,3})\.h5$")
"""Keras' own files, which hold weights only and say width and size in their names."""

CHANNELS = (1, 3)
"""Of a picture, grey or colored."""

STRIDE = 32
"""Pixels of the picture to one of the last map."""

INERT = frozenset(
    {
        "InputLayer", "Conv2D", "DepthwiseConv2D", "BatchNormalization", "ReLU", "ZeroPadding2D",
        "Add", "GlobalAveragePooling2D", "Dense", "Dropout", "Functional", "Model", "Sequential",
        "Activation", "Softmax", "Reshape", "Flatten", "AveragePooling2D", "RandomFlip",
        "RandomRotation", "RandomZoom", "RandomContrast", "RandomTranslation", "RandomBrightness",
        "RandomCrop", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
        "RandomHue", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomColorJitter",
        "RandomGrayscale", "RandomErasing", "RandAugment", "Pipeline",
    }
)  # fmt: skip
"""Layers that a MobileNetV2 classifier is made of, or that do nothing when it is used."""
MAPS = frozenset({"Add", "DepthwiseConv2D", "ZeroPadding2D"})
"""Those of them that only maps go through: in a head, one behind the other, they have no place."""

ARITHMETIC = (
    frozenset({"Rescaling", "Normalization", "TensorFlowOpLayer", *OLD_CALLS}) | KERAS_3_LAYERS
)
"""Layers that may change the values of the picture before the network reads it."""
RELU6 = "relu6"
SIZING = frozenset({"Resizing", "CenterCrop"})
"""Layers that bring a picture of another size to the network's."""


@dataclass(frozen=True, slots=True)
class KerasFacts:
    """What was found, or Keras' own defaults where a file has weights only."""

    epsilon: float
    preprocessing: Preprocessing
    notes: tuple[str, ...]
    colors: tuple[int, ...] = (0, 1, 2)
    """Which of the first convolution's channels read red, green and blue."""


def keras_facts(
    layers: Layers, arrays: Mapping[str, Mapping[str, Array]], path: Path
) -> KerasFacts:
    """Read the configuration of a model, with the models nested in it.

    Args:
        layers: of the configuration.
        arrays: the file's, by the name of their layer.
        path: the file, for messages.

    Raises:
        CheckpointError: layers no MobileNetV2 classifier has, or batch norms that disagree.
    """
    if not layers.all:
        official = OFFICIAL.search(path.name)
        side = int(official[1]) if official else TENSORFLOW.size[0]
        note = f"weights only: Keras' epsilon {EPSILON:g} and {side} pixels taken for granted"
        return KerasFacts(EPSILON, replace(TENSORFLOW, size=(side, side)), (note, ASSUMED))
    _refuse_strange(layers, path)
    epsilons = {
        entry(layer.settings, "epsilon", EPSILON)
        for layer in layers.network
        if layer.kind == "BatchNormalization"
    }
    if len(epsilons) > 1:
        raise CheckpointError(f"{path}: batch norms must share one epsilon, got {epsilons}")
    size = _size(layers.all)
    _check_pooling(layers.network, size, path)
    _check_bends(layers.network, path)
    pixels = fold_pixels(layers.before, arrays, path)
    try:
        preprocessing, note = _preprocessing(pixels, size)
    except (SpecError, CheckpointError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    colors = tuple(pixels.back)
    said = order_of_colors(preprocessing, turned=pixels.order == (2, 1, 0))
    if said in BLUE_FIRST:
        preprocessing, colors = red_first(preprocessing), colors[::-1]
    epsilon = epsilons.pop() if epsilons else EPSILON
    return KerasFacts(epsilon, preprocessing, (note, said) if said else (note,), colors)


def _refuse_strange(layers: Layers, path: Path) -> None:
    before = {layer.kind for layer in layers.before} - INERT - ARITHMETIC
    inside = {layer.kind for layer in layers.network} - INERT
    strange = before | inside | {layer.kind for layer in layers.head} - (INERT - MAPS)
    if strange:
        raise CheckpointError(
            f"{path}: a MobileNetV2 classifier has no layers of {', '.join(sorted(strange)[:5])} "
            "there; only keras.applications.MobileNetV2 with global average pooling, at most one "
            "hidden Dense layer and one Dense layer of classes can be imported"
            + _way_out(strange, before)
        )


def _way_out(strange: Set[str], before: Set[str]) -> str:
    """What to do where the strange layers are all in front of the network."""
    if strange <= SIZING:
        return (
            ". The size of pictures is the importer's: save the model without that layer "
            "(keras.Sequential of the layers behind it), and say --fit"
        )
    if strange <= before:
        return (
            ". They are in front of the network: save the model of the layers behind them "
            "(keras.Sequential), and say what pictures it is given (--mean, --std)"
        )
    return ""


def _check_pooling(network: Sequence[ConfiguredLayer], size: tuple[int, int], path: Path) -> None:
    """An average over a window is one over the map only where the window is the map."""
    whole = tuple(ceil(side / STRIDE) for side in size)
    for layer in network:
        window = layer.settings.get("pool_size")
        window = [window, window] if isinstance(window, int) else window
        if layer.kind == "AveragePooling2D" and window != list(whole):
            raise CheckpointError(
                f"{path}: a classifier averages its whole last map, {whole[0]}x{whole[1]}, "
                f"{layer.name} averages {str(window)[:40]}"
            )


def _check_bends(network: Sequence[ConfiguredLayer], path: Path) -> None:
    """Each ReLU ends at 6, and one is behind the last batch norm: arrays do not tell."""
    behind = "nothing"
    for layer in network:
        settings = layer.settings
        bend = settings.get("activation") if layer.kind == "Activation" else None
        if layer.kind == "ReLU":
            bent = any(settings.get(name) for name in ("negative_slope", "threshold"))
            bend = RELU6 if settings.get("max_value") == 6 and not bent else layer.name
        if layer.kind == "BatchNormalization":
            behind = "nothing"
        elif bend not in (None, "linear"):
            behind = str(bend)[:40]
            if behind != RELU6:
                break
    if behind != RELU6 and any(layer.kind == "BatchNormalization" for layer in network):
        raise CheckpointError(
            f"{path}: a MobileNetV2 bends its maps by ReLU6, its last one (out_relu) too, this "
            f"file's by {behind}; build the model on the whole network"
        )


def _size(layers: Sequence[ConfiguredLayer]) -> tuple[int, int]:
    """(height, width) of the first input; 224 where the model takes any size."""
    for layer in layers:
        shape = layer.settings.get("batch_shape", layer.settings.get("batch_input_shape"))
        if isinstance(shape, list) and len(shape) == 4:
            _, height, width, _ = shape if shape[3] in CHANNELS else (None, *shape[2:], 3)
            if type(height) is int and type(width) is int:
                return height, width
    return TENSORFLOW.size


def _preprocessing(pixels: Pixels, size: tuple[int, int]) -> tuple[Preprocessing, str]:
    """What the model does to its picture, by its channels, or what Keras' own callers do."""
    if pixels.plain:
        return replace(TENSORFLOW, size=size), ASSUMED
    gain, offset = pixels.gain[pixels.back], pixels.offset[pixels.back]
    highest = pixels_up_to(gain, offset)
    preprocessing = normalization(gain * highest / 255, offset, size)
    return preprocessing, f"normalisation inside the model, of pixels in 0..{highest}"
