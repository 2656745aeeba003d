"""A classifier's head as its framework lists it, made the layers that our network has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import HiddenActivation
from mobilenetv2.weights.checkpoint import Array

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """`weight x + bias`."""

    name: str
    weight: Array = field(repr=False)
    """[out, in]."""
    bias: Array | None = field(repr=False, default=None)
    """[out]."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """A batch norm at its running statistics: `gain x + offset`, channel by channel."""

    name: str
    gain: Doubles = field(repr=False)
    offset: Doubles = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bend:
    """An activation."""

    activation: HiddenActivation


Step = Linear | Scale | Bend


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The layers `hidden`, where there is one, and `logits`; of a feature extractor neither."""

    weights: Mapping[str, Array] = field(repr=False)
    """float32: weights [out, in] and biases [out] under our names."""
    activation: HiddenActivation = "relu"
    """Of the hidden layer."""


def batch_norm(name: str, arrays: Mapping[str, Array], epsilon: float) -> Scale:
    """From gamma, beta, mean and variance, of which the first two may be missing."""
    mean, variance = (arrays[part].astype(np.float64) for part in ("mean", "variance"))
    gamma = arrays["gamma"].astype(np.float64) if "gamma" in arrays else np.ones(len(mean))
    beta = arrays["beta"].astype(np.float64) if "beta" in arrays else np.zeros(len(mean))
    with np.errstate(all="ignore"):  # what is not finite is refused with the rest
        gain = gamma / np.sqrt(variance + epsilon)
        return Scale(name, gain, beta - gain * mean)


def reduce_head(steps: Sequence[Step]) -> Head:
    """As few layers as can be: those without an activation between them are one, exactly.

    `W2 (W1 x + b1) + b2`, in float64, rounded once. A single linear layer stays as it is.

    Raises:
        CheckpointError: more than one hidden layer, or an activation behind the logits.
    """
    layers: list[Linear | Scale] = []
    bends: list[HiddenActivation] = []
    for step in steps:
        if isinstance(step, Bend):
            # The pooled features are above 0 already, and so is what a ReLU has passed.
            if len(layers) > len(bends):
                bends.append(step.activation)
        elif len(layers) > len(bends):
            layers[-1] = _then(layers[-1], step)
        else:
            layers.append(step)
    names = ", ".join(step.name for step in steps if not isinstance(step, Bend))
    if not layers or len(bends) >= len(layers):
        raise CheckpointError(
            f"a classifier ends in a linear layer, this file's head is {names or 'empty'} with "
            f"{len(bends)} activations"
        )
    if len(layers) > 2:
        raise CheckpointError(
            f"a classifier has at most one hidden layer, this file's head has {len(layers) - 1}: "
            f"{names}; train a head with one or none"
        )
    weights: dict[str, Array] = {}
    for node, layer in zip(("hidden", "logits")[-len(layers) :], layers, strict=True):
        if isinstance(layer, Scale):
            raise CheckpointError(f"a batch norm alone ({layer.name}) is no layer of a classifier")
        zeros = np.zeros(len(layer.weight), np.float32)
        weights[f"{node}.weight"] = layer.weight
        weights[f"{node}.bias"] = zeros if layer.bias is None else layer.bias
    return Head(weights, bends[0] if bends else "relu")


def _then(first: Linear | Scale, second: Linear | Scale) -> Linear | Scale:
    name = f"{first.name}, {second.name}"
    match first, second:
        case Scale(), Scale():
            offset = second.gain * first.offset + second.offset
            return Scale(name, second.gain * first.gain, offset)
        case Linear(), Scale():
            bias = second.gain * _bias(first) + second.offset
            return _linear(name, second.gain[:, None] * first.weight, bias)
        case Scale(), Linear():
            bias = second.weight.astype(np.float64) @ first.offset + _bias(second)
            return _linear(name, second.weight * first.gain, bias)
        case Linear(), Linear():
            outer = second.weight.astype(np.float64)
            bias = outer @ _bias(first) + _bias(second)
            return _linear(name, outer @ first.weight.astype(np.float64), bias)
        case _:
            raise TypeError(f"{first} and {second} are no layers of a head")


def _bias(layer: Linear) -> Doubles:
    return np.zeros(len(layer.weight)) if layer.bias is None else layer.bias.astype(np.float64)


def _linear(name: str, weight: Doubles, bias: Doubles) -> Linear:
    return Linear(name, weight.astype(np.float32), bias.astype(np.float32))
