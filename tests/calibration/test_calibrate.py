"""Integers that every backend reads alike, and what each stage brings."""

import numpy as np
import pytest

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.calibration.input_range import input_affine
from mobilenetv2.calibration.integers import (
    LARGEST_FACTOR,
    LARGEST_OUTPUT,
    lost_mean,
    weight_scales,
)
from mobilenetv2.calibration.moments import no_moments
from mobilenetv2.calibration.rounding import nearest
from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.tasks.pixels import normalize, pixel_values
from mobilenetv2.weights.fixed_point import layer_factors
from mobilenetv2.weights.quantized import Affine
from tests.calibration.networks import CLASSIFIER, SPECS, floats, pictures


def nothing() -> None:
    pass


@pytest.mark.parametrize("name", SPECS)
def test_engine_and_reference_agree_to_the_last_bit_and_floats_are_near(name: str):
    checkpoint = floats(SPECS[name])
    graph = build(checkpoint.spec)
    # Random pictures are all alike: room for others is of no use to them.
    stages = Stages(headroom=False)
    found = calibrate(checkpoint, pictures(checkpoint.spec, 12), nothing, stages).integers
    images = normalize(np.stack(pictures(checkpoint.spec, 2, seed=9)), found.preprocessing)
    expected = integer_reference_runner(graph, found.quantization)(images)
    engine = NativeRunner(lower(graph, found.quantization))(images)
    real = reference_runner(graph, checkpoint.weights)(
        normalize(np.stack(pictures(checkpoint.spec, 2, seed=9)), checkpoint.preprocessing)
    )
    for output, values in expected.items():
        np.testing.assert_array_equal(engine[output], values)
        noise = np.square(values - real[output]).sum() / np.square(real[output]).sum()
        assert noise < 0.2, output


@pytest.mark.parametrize("count", [1, 2])
def test_a_picture_or_two_are_enough_to_compute(count: int):
    """A last layer reads one window a picture; the last digits of one are no covariance."""
    checkpoint = floats(CLASSIFIER)
    found = calibrate(checkpoint, pictures(CLASSIFIER, count), nothing, Stages())
    assert found.moments["logits"].count == count
    assert found.moments["logits"].covariance.any() == (count > 1)


def test_numbers_that_hardly_change_keep_their_covariance():
    random = np.random.default_rng(0)
    conv = build(floats(CLASSIFIER).spec).by_name["block1.expand"]
    assert isinstance(conv, Conv)
    small = random.normal(0, 1e-3, (1, 4000, conv.in_channels)).astype(np.float32)
    seen = no_moments(conv)
    for part in np.split(small + np.float32(1000), 40, axis=1):
        seen.add(part)
    expected = np.cov((small + np.float32(1000))[0].T.astype(np.float64), bias=True)
    np.testing.assert_allclose(seen.covariance[0], expected, atol=1e-9)


def test_a_pixels_byte_is_the_networks_byte():
    for preprocessing in (Preprocessing(), Preprocessing(mean=(0, 0, 0), std=(1, 1, 1))):
        made, affine = input_affine(preprocessing)
        values = pixel_values(made)
        stored = np.rint(values / np.float32(affine.scale)) + affine.zero_point
        np.testing.assert_array_equal(stored[0], np.arange(256))
        assert np.abs(values - pixel_values(preprocessing)).max() <= 0.5 / 255 / made.std[0] + 1e-6


def test_colors_that_are_treated_apart_share_a_range():
    made, affine = input_affine(TORCHVISION)
    assert made == TORCHVISION
    values = pixel_values(made)
    error = np.rint(values / affine.scale) * affine.scale - values
    assert np.abs(error).max() <= affine.scale * 0.51


def test_biases_take_up_the_mean_of_what_rounding_changes():
    random = np.random.default_rng(0)
    graph = build(floats(CLASSIFIER).spec)
    conv = graph.by_name["block1.expand"]
    assert isinstance(conv, Conv)
    windows = random.uniform(0, 6, (1, 4000, conv.in_channels))
    seen = no_moments(conv)
    seen.add(windows)
    weight = random.normal(size=conv.weight_shape).astype(np.float32)
    bias = random.normal(size=conv.shape.channels).astype(np.float32)
    scale = weight_scales(weight, bias, Affine(0.02, 0))
    stored = nearest(weight, scale)
    real = windows[0] @ weight[:, :, 0, 0].T + bias
    rounded = windows[0] @ (stored[:, :, 0, 0] * scale[:, None]).T + bias
    assert np.abs(rounded.mean(0) - real.mean(0)).max() > 0.01
    mended = rounded + lost_mean(weight, stored, scale, seen)
    np.testing.assert_allclose(mended.mean(0), real.mean(0), atol=1e-5)


def test_a_dead_channel_does_no_harm():
    checkpoint = floats(CLASSIFIER)
    for part in ("weight", "bias"):
        checkpoint.weights[f"block1.expand.{part}"][:3] = 0
    checkpoint.weights["block1.expand.bias"][3] = 1e4
    found = calibrate(checkpoint, pictures(CLASSIFIER, 4), nothing, Stages()).integers
    NativeRunner(lower(build(CLASSIFIER), found.quantization))


def test_a_channel_that_is_off_or_on_fits_32_bits():
    """Batch norm divides one that training has seen no change of by next to nothing."""
    checkpoint = floats(CLASSIFIER)
    for part in ("weight", "bias"):
        checkpoint.weights[f"last.{part}"][:2] *= 1e7
    found = calibrate(checkpoint, pictures(checkpoint.spec, 4), nothing, Stages()).integers
    graph = build(checkpoint.spec)
    images = normalize(np.stack(pictures(checkpoint.spec, 2, seed=9)), found.preprocessing)
    expected = integer_reference_runner(graph, found.quantization)(images)["logits"]
    engine = NativeRunner(lower(graph, found.quantization))(images)["logits"]
    np.testing.assert_array_equal(engine, expected)
    conv, maps = found.quantization.convs["last"], found.quantization.activations
    factors = layer_factors(maps[graph.by_name["last"].source], conv.scale, maps["last"])
    sums = 255 * np.abs(conv.weight.astype(int)).sum((1, 2, 3)) + np.abs(conv.bias)
    assert (sums * factors).max() < 1.1 * LARGEST_OUTPUT
    assert factors.max() == pytest.approx(LARGEST_FACTOR)
