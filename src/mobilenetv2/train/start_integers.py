"""The integers that a run began with, as part of its state."""

from typing import Any

import numpy as np
import torch

from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from mobilenetv2.weights.store_integers import to_tensors

MAPS, ARRAYS = "maps", "arrays"


def to_state(quantization: Quantization | None) -> dict[str, Any]:
    """Plain values and tensors; empty for a run in floats."""
    if quantization is None:
        return {}
    maps = [
        (name, affine.scale, affine.zero_point) for name, affine in quantization.activations.items()
    ]
    arrays = to_tensors(quantization).items()
    return {MAPS: maps, ARRAYS: {name: torch.from_numpy(array) for name, array in arrays}}


def from_state(state: dict[str, Any]) -> Quantization | None:
    """What `to_state` made a state of.

    Raises:
        CheckpointError: numbers out of range.
        Exception: anything, where it is not what `to_state` made.
    """
    if not state:
        return None
    arrays = {name: np.asarray(tensor.cpu().numpy()) for name, tensor in state[ARRAYS].items()}
    convs = {
        name.removesuffix(".weight"): IntegerConv(
            array, *(arrays[name.removesuffix("weight") + part] for part in _OTHERS)
        )
        for name, array in arrays.items()
        if name.endswith(".weight")
    }
    maps = {name: Affine(scale, zero_point) for name, scale, zero_point in state[MAPS]}
    return Quantization(maps, convs)


_OTHERS = ("scale", "zero_point", "bias")
