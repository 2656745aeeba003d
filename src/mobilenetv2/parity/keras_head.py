"""The head of a Keras file in Keras, from its configuration: not from our reading of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.errors import ParityError
from mobilenetv2.network.spec import Classifier, Head
from mobilenetv2.parity.ending import as_two_classes
from mobilenetv2.tasks.classify import logistic, softmax
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.keras.file import KerasLayer
from mobilenetv2.weights.keras.layers import ConfiguredLayer

if TYPE_CHECKING:
    import keras

ORDER = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
"""Of the variables of a Keras layer."""
ENDS = ("softmax", "sigmoid")
TOLERANCE = 1e-4
"""Of a probability; a softmax and a sigmoid of the same logits are further apart."""


def configured_head(
    configured: Sequence[ConfiguredLayer], named: Mapping[str, KerasLayer], channels: int
) -> "tuple[keras.Model, keras.Layer | None]":
    """What gives the logits, and what makes probabilities of them; None where nothing does.

    Args:
        configured: the layers behind the pooling.
        named: the file's layers, by name.
        channels: of the pooled map.
    """
    import keras

    layers = list(_layers(configured, named))
    model = keras.Sequential([keras.Input((channels,)), *(layer for layer, _ in layers)])
    for layer, arrays in layers:
        if arrays:
            layer.set_weights(arrays)
    last = layers[-1][0] if layers else None
    settings = last.get_config() if last is not None else {}
    if isinstance(last, keras.layers.Softmax) or settings.get("activation") in ENDS:
        model.pop()
        return model, last
    return model, None


def require_same_scores(end: "keras.Layer", logits: Array, head: Head) -> None:
    """Whether we make the scores of logits that the file makes of them.

    Args:
        end: the file's last layer.
        logits: [pictures, outputs].
        head: ours.

    Raises:
        ParityError: we do not.
    """
    each = isinstance(head, Classifier) and head.scores == "sigmoid"
    scored = logistic if each else softmax
    ours = scored(as_two_classes(logits, head.classes, probabilities=False))
    ends = np.asarray(end(logits).cpu(), np.float32)
    theirs = as_two_classes(ends, head.classes, probabilities=True)
    apart = float(np.abs(ours - theirs).max())
    if not apart < TOLERANCE:
        raise ParityError(
            f"of the same logits the file's {end.name} makes scores that are {apart:.2g} from our "
            f"{'sigmoids' if each else 'softmax'}"
        )


def _layers(
    configured: Sequence[ConfiguredLayer], named: Mapping[str, KerasLayer]
) -> "Iterator[tuple[keras.Layer, list[Array]]]":
    """Keras' layers in order, each with its arrays; an activation is always one of its own."""
    from keras import layers

    for layer in configured:
        settings = layer.settings
        arrays = dict(named[layer.name].arrays) if layer.name in named else {}
        match layer.kind:
            case "Dense" | "Conv2D":
                kernel = arrays["kernel"]
                arrays["kernel"] = kernel.reshape(kernel.shape[-2:])
                made = layers.Dense(kernel.shape[-1], use_bias="bias" in arrays)
                yield made, _in_order(arrays)
            case "BatchNormalization":
                made = layers.BatchNormalization(
                    epsilon=settings.get("epsilon", 1e-3),
                    center="beta" in arrays,
                    scale="gamma" in arrays,
                )
                yield made, _in_order(arrays)
            case "ReLU":
                yield layers.ReLU(settings.get("max_value")), []
            case "Softmax":
                yield layers.Softmax(), []
            case _:
                pass  # dropout, a reshape
        activation = settings.get("activation")
        if isinstance(activation, str) and activation != "linear":
            yield layers.Activation(activation), []


def _in_order(arrays: Mapping[str, Array]) -> list[Array]:
    return [arrays[variable] for variable in ORDER if variable in arrays]
