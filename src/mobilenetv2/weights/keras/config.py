"""What a Keras model's configuration says beside its arrays: epsilon, input, preprocessing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.preprocessing import TENSORFLOW, Preprocessing
from mobilenetv2.weights.states.side_file import Json, entry

EPSILON = 1e-3
OFFICIAL = re.compile(r"^mobilenet_v2_weights_tf_dim_ordering_tf_kernels_[\d.]+_(\d{2,3})\.h5$")
"""Keras' own files, which hold weights only and say width and size in their names."""

MAX_DEPTH = 8
"""Models inside models; a fine-tuned application has one inside another."""

INERT = frozenset(
    {
        "InputLayer", "Conv2D", "DepthwiseConv2D", "BatchNormalization", "ReLU", "ZeroPadding2D",
        "Add", "GlobalAveragePooling2D", "Dense", "Dropout", "Functional", "Model", "Sequential",
        "Rescaling", "Activation", "Softmax", "Reshape", "TrueDivide", "Divide", "Subtract",
        "TFOpLambda", "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast",
        "RandomTranslation", "RandomBrightness", "RandomCrop", "SpatialDropout2D",
    }
)  # fmt: skip
"""Layers that a MobileNetV2 classifier is made of, or that do nothing when it is used."""


@dataclass(frozen=True, slots=True)
class KerasFacts:
    """What was found, or Keras' own defaults where a file has weights only."""

    epsilon: float
    preprocessing: Preprocessing
    notes: tuple[str, ...]


def keras_facts(config: Json, path: Path) -> KerasFacts:
    """Read the configuration of a model, with the models nested in it.

    Raises:
        CheckpointError: layers no MobileNetV2 classifier has, or batch norms that disagree.
    """
    layers = list(_layers(config, 0))
    if not layers:
        official = OFFICIAL.search(path.name)
        side = int(official[1]) if official else TENSORFLOW.size[0]
        note = f"weights only: Keras' epsilon {EPSILON:g} and {side} pixels taken for granted"
        return KerasFacts(EPSILON, replace(TENSORFLOW, size=(side, side)), (note,))
    strange = sorted({kind for kind, _ in layers} - INERT)
    if strange:
        raise CheckpointError(
            f"{path}: a MobileNetV2 classifier has no layers of {', '.join(strange[:5])}; "
            "only keras.applications.MobileNetV2 with global average pooling and one Dense "
            "layer can be imported"
        )
    epsilons = {
        entry(settings, "epsilon", EPSILON)
        for kind, settings in layers
        if kind == "BatchNormalization"
    }
    if len(epsilons) > 1:
        raise CheckpointError(f"{path}: batch norms must share one epsilon, got {epsilons}")
    try:
        preprocessing = replace(_preprocessing(layers, path), size=_size(layers))
    except SpecError as error:
        raise CheckpointError(f"{path}: {error}") from error
    return KerasFacts(epsilons.pop() if epsilons else EPSILON, preprocessing, ())


def _layers(value: Json, depth: int) -> Iterator[tuple[str, Json]]:
    """(class name, settings) of every layer; `config` holds the layers of a nested model."""
    settings = value.get("config")
    if not isinstance(settings, dict) or depth > MAX_DEPTH:
        return
    yield str(value.get("class_name")), settings
    inner = settings.get("layers")
    for layer in inner if isinstance(inner, list) else ():
        if isinstance(layer, dict):
            yield from _layers(layer, depth + 1)


def _size(layers: list[tuple[str, Json]]) -> tuple[int, int]:
    """(height, width) of the first input; 224 where the model takes any size."""
    for kind, settings in layers:
        shape = settings.get("batch_shape", settings.get("batch_input_shape"))
        if kind == "InputLayer" and isinstance(shape, list) and len(shape) == 4:
            _, height, width, channels = shape if shape[3] == 3 else (None, *shape[2:], 3)
            if type(height) is int and type(width) is int and channels == 3:
                return height, width
    return TENSORFLOW.size


def _preprocessing(layers: list[tuple[str, Json]], path: Path) -> Preprocessing:
    """Keras' [-1, 1] by the caller, or a Rescaling layer inside the model."""
    for kind, settings in layers:
        if kind != "Rescaling":
            continue
        scale, offset = settings.get("scale"), settings.get("offset", 0.0)
        if not isinstance(scale, int | float) or not isinstance(offset, int | float) or scale <= 0:
            raise CheckpointError(
                f"{path}: its Rescaling layer must have one positive scale and one offset, "
                f"got {str(scale)[:40]} and {str(offset)[:40]}"
            )
        # v * scale + offset, written as (v / 255 - mean) / std.
        std = 1 / (255 * scale)
        mean = -offset * std
        return replace(TENSORFLOW, mean=(mean, mean, mean), std=(std, std, std))
    return TENSORFLOW
