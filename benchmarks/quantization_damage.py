"""Integers as the plainest tools make them, to be mended by training: `docs/quantization.md`.

python benchmarks/quantization_damage.py MODEL PICTURES OUT.safetensors [--power 1]

One scale for all kernels of a convolution, ends of the range, the nearest weights, biases as they
are. With --power N channels are multiplied by 2^-N .. 2^N beforehand, which changes no answer of
the floats.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.calibration.channels import find_channels
from mobilenetv2.calibration.equalize import SIX, scale_channels
from mobilenetv2.calibration.integers import round_bias
from mobilenetv2.calibration.observe import every_map_runner, observe_channels
from mobilenetv2.calibration.rounding import MOST, nearest
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv
from mobilenetv2.quantization.pictures import divide, prepare_all
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.pixels import Pixels, pixel_values
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.quantized import DequantizedWeights, IntegerConv, Quantization

PLAIN = Stages(equalize=False, ranges="extremes", correct_bias=False, rounding="nearest")
MET = 5.9
"""A channel that has come so near to ReLU6's bound cannot be scaled."""


def torn(checkpoint: Checkpoint, pictures: list[Pixels], power: int) -> Checkpoint:
    """The same function, its channels multiplied at random."""
    graph = build(checkpoint.spec)
    run = every_map_runner(graph, checkpoint.weights, pixel_values(checkpoint.preprocessing))
    channels = find_channels(graph)
    most = np.full(channels.count, power)
    for name, found in observe_channels(run, pictures, lambda: None).items():
        node = graph.by_name[name]
        if isinstance(node, Conv) and node.activation == "relu6":
            room = np.floor(np.log2(SIX / np.maximum(found.reach, 1e-9))) - 1
            room = np.where(found.reach >= MET, -np.inf, np.minimum(room, power))
            np.minimum.at(most, channels.groups[name], np.maximum(room, -100).astype(int))
    powers = np.minimum(np.random.default_rng(1).integers(-power, power + 1, len(most)), most)
    powers[(most < -power) | channels.fixed] = 0
    factors = {name: 2.0 ** powers[groups] for name, groups in channels.groups.items()}
    return replace(checkpoint, weights=scale_channels(graph, checkpoint.weights, factors))


def plain(checkpoint: Checkpoint, pictures: list[Pixels]) -> Checkpoint:
    """Its integers, with one scale for each convolution."""
    found, graph = calibrate(checkpoint, pictures, lambda: None, PLAIN), build(checkpoint.spec)
    affines = found.quantization.activations
    convs = {}
    for conv in graph.convs:
        weight, bias = (checkpoint.weights[f"{conv.name}.{part}"] for part in ("weight", "bias"))
        scale = np.full(len(weight), np.abs(weight).max() / MOST, np.float32)
        rounded = round_bias(bias, scale, affines[conv.source])
        zero = np.zeros(len(weight), np.int32)
        convs[conv.name] = IntegerConv(nearest(weight, scale), scale, zero, rounded)
    integers = Quantization(affines, convs)
    weights = DequantizedWeights(graph, integers)
    return replace(found.integers, weights=weights, quantization=integers, metrics=())


def main() -> None:
    """Write the damaged network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--power", type=int, default=0)
    chosen = parser.parse_args()
    checkpoint = fold_checkpoint(load_checkpoint(chosen.model))
    used, _ = divide(find_pictures(chosen.pictures), keep=False)
    pictures, _ = prepare_all(Model(checkpoint), used, lambda: None)
    store.save(plain(torn(checkpoint, pictures, chosen.power), pictures), chosen.out)


if __name__ == "__main__":
    main()
