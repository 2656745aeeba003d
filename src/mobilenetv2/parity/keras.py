"""Keras' own `applications.MobileNetV2`, filled from the same file."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import numpy as np

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.spec import MobileNetV1, Spec
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.keras_head import ORDER, configured_head, require_same_scores
from mobilenetv2.parity.logits import (
    NAMELESS,
    Images,
    compare_logits,
    likely_widths,
    network_inputs,
)
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.head import Bend, Linear, Scale, Step
from mobilenetv2.weights.keras.file import KerasLayer, read_keras_file
from mobilenetv2.weights.keras.importer import node_of, read_parts
from mobilenetv2.weights.keras.layers import configured_layers
from mobilenetv2.weights.keras.naming import named_layers

if TYPE_CHECKING:
    import keras

Sources = Mapping[tuple[str, bool], KerasLayer]
"""The file's layers by our node, and whether it is the node's batch norm."""

EPSILON = 1e-3


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of Keras' network and of ours.

    The architecture is Keras' application with the file's head behind it, of Keras' own layers as
    the configuration names them; nothing in the file is built or run. Weights are set layer by
    layer. Where the file ends in a softmax or in sigmoids, our scores must be theirs.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: Keras has no MobileNetV2 that the file fits, or the file ends otherwise.
        MissingDependencyError: Keras is not installed.
    """
    # Keras computes by another library, and torch is the one this package already knows.
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
    except ImportError as error:
        raise MissingDependencyError("keras", "parity", "a parity proof") from error
    file = read_keras_file(path)
    layers, _, head = read_parts(file)
    sources: Sources = {(node, "gamma" in layer.arrays): layer for node, layer in layers}
    model = _model(foreign.checkpoint.spec, sources)
    for layer, arrays in _pairs(model, sources):
        layer.set_weights(arrays)
    inputs = network_inputs(foreign.checkpoint, images)
    theirs = np.asarray(model.predict(inputs, batch_size=4, verbose=0), np.float32)
    unchecked = ""
    if head.steps:
        configured = configured_layers(file.config, file.path)
        if configured.all:
            named = {layer.name: layer for layer in named_layers(configured, file.layers)}
            top, end = configured_head(configured.head, named, theirs.shape[1])
        else:
            unchecked = NAMELESS
            top, end = _read_head(head.steps, theirs.shape[1]), None
        theirs = np.asarray(top.predict(theirs, verbose=0), np.float32)
        if end is not None:
            require_same_scores(end, theirs, foreign.checkpoint.spec.head)
    return compare_logits(foreign, inputs, theirs, keras.__version__, unchecked)


def _read_head(steps: Sequence[Step], channels: int) -> "keras.Model":
    """The head as it was read, of a file of weights that says no more."""
    import keras

    model = keras.Sequential([keras.Input((channels,))])
    for step in steps:
        match step:
            case Linear():
                layer = keras.layers.Dense(len(step.weight), use_bias=step.bias is not None)
                model.add(layer)
                layer.set_weights([step.weight.T, *([] if step.bias is None else [step.bias])])
            case Scale():
                ones = np.ones_like(step.gain)
                norm = keras.layers.BatchNormalization(epsilon=EPSILON)
                model.add(norm)
                norm.set_weights([step.gain, step.offset, 0 * ones, (1 - EPSILON) * ones])
            case Bend():
                model.add(keras.layers.Activation(step.activation))
            case _:
                assert_never(step)
    return model


def _model(spec: Spec, sources: Sources) -> "keras.Model":
    """Keras' application of the width at which its shapes are the file's, up to the pooling."""
    import keras

    application = keras.applications.MobileNetV2
    if isinstance(spec.backbone, MobileNetV1):
        application = keras.applications.MobileNet
    for width in likely_widths(spec):
        model = application(
            input_shape=(*spec.size, 3),
            alpha=width,
            weights=None,
            include_top=False,
            pooling="avg",
        )
        pairs = list(_pairs(model, sources))
        if all(
            [tuple(weight.shape) for weight in layer.weights] == [array.shape for array in arrays]
            for layer, arrays in pairs
        ):
            return model
    raise ParityError("Keras has no such network with the file's shapes")


def _pairs(model: "keras.Model", sources: Sources) -> Iterator[tuple["keras.Layer", list[Array]]]:
    """Each layer of Keras' application that has weights, with the file's arrays for it."""
    for layer in model.layers:
        if layer.weights:
            node = node_of(layer.name) or ""
            arrays = sources[node, "gamma" in [weight.name for weight in layer.weights]].arrays
            yield layer, [arrays[variable] for variable in ORDER if variable in arrays]
