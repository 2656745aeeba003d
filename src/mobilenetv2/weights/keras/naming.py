"""Names for the arrays of a `.keras` file, whose groups tell a layer's class and number alone.

TensorFlow 2.13 to 2.15 write no names at all, nor do the first releases of Keras 3. The layers of
the configuration, counted class by class as Keras does when it saves, tell whose each group is.
"""

from collections.abc import Sequence
from dataclasses import replace

from mobilenetv2.weights.keras.file import KerasLayer
from mobilenetv2.weights.keras.layers import ConfiguredLayer, Layers

NORM = ("gamma", "beta", "moving_mean", "moving_variance")
SWITCHES = {"gamma": "scale", "beta": "center"}
"""Settings without which a batch norm has no such array."""


def named_layers(layers: Layers, found: Sequence[KerasLayer]) -> list[KerasLayer]:
    """The file's layers under the configuration's names; as they are where it does not tell.

    Args:
        layers: the configuration's; empty for a file of weights only.
        found: the file's.
    """
    places = {layer.group: layer for layer in layers.all if layer.group}
    return [_named(layer, places.get(layer.group)) for layer in found]


def _named(layer: KerasLayer, configured: ConfiguredLayer | None) -> KerasLayer:
    if configured is None or layer.name not in ("", configured.name):
        return layer
    layer = replace(layer, name=configured.name)
    if configured.kind != "BatchNormalization":
        return layer
    # Arrays are numbered: without a gamma, the first is the beta.
    variables = [name for name in NORM if configured.settings.get(SWITCHES.get(name, ""), True)]
    if len(layer.arrays) != len(variables):
        return layer
    return replace(layer, arrays=dict(zip(variables, layer.arrays.values(), strict=True)))
