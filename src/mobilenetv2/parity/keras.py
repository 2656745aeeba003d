"""Keras' own `applications.MobileNetV2`, filled from the same file."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.spec import Spec
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.logits import Images, compare_logits, likely_widths, network_inputs
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.keras.file import KerasLayer, read_keras_file
from mobilenetv2.weights.keras.importer import keras_layers, node_of

if TYPE_CHECKING:
    import keras

Sources = Mapping[tuple[str, bool], KerasLayer]
"""The file's layers by our node, and whether it is the node's batch norm."""

ORDER = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
"""Of the variables of a Keras layer."""


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of Keras' network and of ours.

    The architecture is Keras' application, never the one written in the file, so that nothing in
    the file is built or run. Keras reads the weights itself, except those of a model nested in
    another, or in a file of another suffix, which it refuses: these are set layer by layer.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: Keras has no MobileNetV2 that the file fits.
        MissingDependencyError: Keras is not installed.
    """
    # Keras computes by another library, and torch is the one this package already knows.
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
    except ImportError as error:
        raise MissingDependencyError("keras", "parity", "a parity proof") from error
    file = read_keras_file(path)
    sources: Sources = {
        (node, "gamma" in layer.arrays): layer for node, layer in keras_layers(file)
    }
    model = _model(foreign.checkpoint.spec, sources)
    if file.nested or not str(path).endswith((".h5", ".keras")):
        for layer, arrays in _pairs(model, sources):
            layer.set_weights(arrays)
    else:
        model.load_weights(str(path))
    inputs = network_inputs(foreign.checkpoint, images)
    theirs = np.asarray(model.predict(inputs, batch_size=4, verbose=0), np.float32)
    return compare_logits(foreign, inputs, theirs, keras.__version__)


def _model(spec: Spec, sources: Sources) -> "keras.Model":
    """Keras' application of the width at which its shapes are the file's, without a softmax."""
    import keras

    for width in likely_widths(spec):
        model = keras.applications.MobileNetV2(
            input_shape=(*spec.size, 3),
            alpha=width,
            weights=None,
            classes=len(sources["logits", False].arrays["kernel"].T),
            classifier_activation=None,
        )
        pairs = list(_pairs(model, sources))
        if all(
            [tuple(weight.shape) for weight in layer.weights] == [array.shape for array in arrays]
            for layer, arrays in pairs
        ):
            return model
    raise ParityError("Keras has no MobileNetV2 with the file's shapes")


def _pairs(model: "keras.Model", sources: Sources) -> Iterator[tuple["keras.Layer", list[Array]]]:
    """Each layer of Keras' application that has weights, with the file's arrays for it."""
    for layer in model.layers:
        if layer.weights:
            node = node_of(layer.name) or "logits"
            arrays = sources[node, "gamma" in [weight.name for weight in layer.weights]].arrays
            yield layer, [arrays[variable] for variable in ORDER if variable in arrays]
