"""The layers between a classifier's pooling and its logits, fused where nothing bends between."""

from dataclasses import replace

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.recognize.layers import (
    FREE,
    Average,
    Convolution,
    Doubles,
    Layer,
    activation,
)
from mobilenetv2.weights.recognize.simplify import MAX_CHANNELS

MAX_LAYERS = 16
MAX_PRODUCT = 50_000_000
"""Numbers in a product of two layers: a thousand times a thousand are usual."""


def dense_layers(logits: Convolution) -> tuple[Convolution, ...]:
    """From the layer that reads the pooled map to the logits, as few as can be.

    Layers without an activation between them are one: `W2 (W1 x + b1) + b2`. A batch norm behind
    the pooling or behind a layer goes the same way.

    Raises:
        CheckpointError: more than one hidden layer remains, or its activation is none of ours.
    """
    chain: list[Convolution] = []
    for layer in _chain(logits):
        if chain and chain[-1].clamp == FREE:
            chain[-1] = _fused(chain[-1], layer)
        else:
            chain.append(layer)
    if len(chain) > 2:
        raise CheckpointError(
            "a classifier has at most one hidden layer between its pooling and its logits, this "
            f"file has {len(chain) - 1}, of {', '.join(str(c.shape.channels) for c in chain[:-1])} "
            "channels; train a head with one of them or none"
        )
    if len(chain) == 2:
        if chain[1].source is not chain[0]:
            chain[1] = replace(chain[1], source=chain[0])
        if activation(chain[0].clamp) is None:
            raise CheckpointError(
                "a classifier's hidden layer ends in a ReLU or a ReLU6, this file's in a clip to "
                f"{chain[0].clamp} ({chain[0].tensor!r})"
            )
    return tuple(chain)


def reads_pooled(logits: Convolution) -> bool:
    """Whether a layer is one of a classifier's head: the average over the map leads to it alone."""
    return logits.shape[:2] == (1, 1) and isinstance(_chain(logits)[0].source, Average)


def _chain(logits: Convolution) -> list[Convolution]:
    """Convolutions of a single pixel one behind the other, the first first."""
    chain = [logits]
    layer: Layer = logits.source
    while isinstance(layer, Convolution) and _on_one_pixel(layer) and len(chain) < MAX_LAYERS:
        chain.insert(0, layer)
        layer = layer.source
    # A 1x1 map that no average made is the end of a backbone, as of a picture of 32 pixels.
    return chain if isinstance(layer, Average) else [logits]


def _on_one_pixel(layer: Convolution) -> bool:
    return layer.source.shape[:2] == (1, 1) and layer.weight.shape[2:] == (1, 1)


def _fused(first: Convolution, second: Convolution) -> Convolution:
    """Both in one: exact but for the rounding of the product to float32."""
    rows, columns, inner = second.shape.channels, first.source.shape.channels, first.shape.channels
    if max(rows * columns, rows * inner, inner * columns) > MAX_PRODUCT:
        raise CheckpointError(
            f"two layers of {inner} and {rows} channels on {columns} are too large to be made one"
        )
    outer, within = _matrix(second), _matrix(first)
    with np.errstate(all="ignore"):  # what is not finite is refused when the weights are taken
        weight = (outer @ within).astype(np.float32)
        bias = outer @ first.bias + second.bias
    return replace(
        second,
        source=first.source,
        weight=weight[:, :, None, None],
        gain=np.ones(rows),
        bias=bias,
        groups=1,
    )


def _matrix(layer: Convolution) -> Doubles:
    """Float64 [out, in] of a 1x1 convolution, zero between its groups."""
    weight = layer.weight[:, :, 0, 0].astype(np.float64) * layer.gain[:, None]
    out, inner = weight.shape
    if layer.groups == 1:
        return weight
    if layer.source.shape.channels > MAX_CHANNELS or inner * layer.groups * out > MAX_PRODUCT:
        raise CheckpointError(f"{layer.tensor!r} is too large a layer of {layer.groups} groups")
    matrix = np.zeros((out, inner * layer.groups))
    per_group = out // layer.groups
    for row in range(out):
        start = row // per_group * inner
        matrix[row, start : start + inner] = weight[row]
    return matrix
