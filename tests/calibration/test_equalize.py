"""Channels are scaled where nobody sees it."""

from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.calibration.channels import find_channels
from mobilenetv2.calibration.equalize import MET, SIX, find_factors, scale_channels
from mobilenetv2.calibration.observe import every_map_runner, observe_channels
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv
from mobilenetv2.tasks.pixels import normalize, pixel_values
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.calibration.networks import CLASSIFIER, SPECS, floats, pictures


def nothing() -> None:
    pass


def observed(checkpoint: Checkpoint, seen):
    graph, values = build(checkpoint.spec), pixel_values(checkpoint.preprocessing)
    return observe_channels(every_map_runner(graph, checkpoint.weights, values), seen, nothing)


def outputs(checkpoint: Checkpoint, seen):
    run = reference_runner(build(checkpoint.spec), checkpoint.weights)
    return run(normalize(np.stack(seen), checkpoint.preprocessing))


def scrambled(checkpoint: Checkpoint, seen, seed: int = 7) -> Checkpoint:
    """The same function with random channels multiplied by 2^-6 .. 2^6.

    A channel behind ReLU6 may shrink where its bound is never met, and may not grow into it.
    """
    graph, random = build(checkpoint.spec), np.random.default_rng(seed)
    channels, statistics = find_channels(graph), observed(checkpoint, seen)
    most = np.full(channels.count, 6)
    for name, found in statistics.items():
        node = graph.by_name[name]
        if isinstance(node, Conv) and node.activation == "relu6":
            room = np.floor(np.log2(SIX * MET / np.maximum(found.reach, 1e-9)))
            # An unseen picture may bring a channel half as far again.
            room = np.where(found.reach >= SIX * MET, -100, np.minimum(room - 1, 6))
            np.minimum.at(most, channels.groups[name], room.astype(int))
    powers = np.minimum(random.integers(-6, 7, channels.count), most)
    powers[(most < -6) | channels.fixed | (random.random(channels.count) < 0.3)] = 0
    factors = {name: 2.0 ** powers[groups] for name, groups in channels.groups.items()}
    assert np.abs(powers).sum() > channels.count / 2
    return replace(checkpoint, weights=scale_channels(graph, checkpoint.weights, factors))


@pytest.mark.parametrize("name", SPECS)
def test_the_function_stays(name: str):
    checkpoint = floats(SPECS[name])
    seen = pictures(checkpoint.spec, 4)
    graph = build(checkpoint.spec)
    factors = find_factors(graph, checkpoint.weights, observed(checkpoint, seen))
    scaled = replace(checkpoint, weights=scale_channels(graph, checkpoint.weights, factors))
    assert any((values != 1).any() for values in factors.values())
    expected = outputs(checkpoint, seen)
    for output, found in outputs(scaled, seen).items():
        error = np.abs(found - expected[output]).max()
        assert error <= 1e-4 * max(1, np.abs(expected[output]).max())


def test_a_channel_that_meets_its_bound_keeps_its_size():
    checkpoint = floats(CLASSIFIER)
    graph, seen = build(CLASSIFIER), pictures(CLASSIFIER, 4)
    loud = dict(checkpoint.weights)
    loud["stem.bias"] = loud["stem.bias"] + np.where(np.arange(8) == 2, 50, 0).astype(np.float32)
    factors = find_factors(graph, loud, observed(replace(checkpoint, weights=loud), seen))
    assert factors["stem"][2] == 1


@pytest.mark.parametrize("name", ["classifier", "v1", "ssdlite", "deeplab"])
def test_factors_that_came_with_a_network_are_undone(name: str):
    checkpoint = floats(SPECS[name])
    seen = pictures(checkpoint.spec, 8)
    before = calibrate(checkpoint, seen, nothing, Stages()).integers
    torn = scrambled(checkpoint, seen)
    np.testing.assert_allclose(
        *(next(iter(outputs(one, seen).values())) for one in (torn, checkpoint)), atol=1e-3
    )
    after = calibrate(torn, seen, nothing, Stages()).integers
    for conv in build(checkpoint.spec).convs:
        ours, theirs = (one.quantization.convs[conv.name].weight for one in (before, after))
        assert np.abs(ours.astype(int) - theirs).max() <= 2, conv.name


def test_without_equalizing_they_are_ruin():
    checkpoint = floats(CLASSIFIER)
    seen = pictures(CLASSIFIER, 8)
    torn = scrambled(checkpoint, seen)
    expected = outputs(checkpoint, seen)["logits"]
    errors = []
    for equalize in (True, False):
        found = calibrate(torn, seen, nothing, Stages(equalize=equalize)).integers
        errors.append(np.abs(integer_logits(found, seen) - expected).max())
    assert errors[0] < 0.5 * errors[1]


def integer_logits(checkpoint: Checkpoint, seen):
    from mobilenetv2.engine.integer_reference import integer_reference_runner

    run = integer_reference_runner(build(checkpoint.spec), checkpoint.quantization)
    return run(normalize(np.stack(seen), checkpoint.preprocessing))["logits"]
