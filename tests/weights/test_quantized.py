"""Integers and the floats that they stand for, and what is refused."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.quantized import Affine, DequantizedWeights, IntegerConv, Quantization
from mobilenetv2.weights.to_float import centered, to_float
from tests.engine.integers import random_quantization
from tests.quantized import random_quantized

SPEC = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
GRAPH = build(SPEC)


def conv(**changes):
    """Two output channels of three 1x1 weights each."""
    parts = {
        "weight": np.array([[1, -2, 3], [0, 0, 127]], np.int8)[:, :, None, None],
        "scale": np.array([0.5, 0.25], np.float32),
        "zero_point": np.array([0, 27], np.int32),
        "bias": np.array([10, -4], np.int32),
    }
    return IntegerConv(**(parts | changes))


def test_integers_stand_for_scaled_differences():
    integers = conv()
    real = [[0.5, -1, 1.5], [-6.75, -6.75, 25]]
    np.testing.assert_array_equal(integers.real_weight()[:, :, 0, 0], np.array(real, np.float32))
    bias = integers.real_bias(Affine(0.125, 3))
    np.testing.assert_array_equal(bias, np.array([10 * 0.0625, -4 * 0.03125], np.float32))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight": np.zeros((2, 3, 1, 1), np.int16)}, "int8 or uint8 with four dim.*int16"),
        ({"weight": np.zeros((2, 3), np.int8)}, r"four dimensions, got int8\[2, 3\]"),
        ({"scale": np.ones(2)}, r"scale must be float32\[2\], got float64"),
        ({"scale": np.ones(3, np.float32)}, r"scale must be float32\[2\], got float32\[3\]"),
        ({"scale": np.array([1, 0], np.float32)}, "scales of weights must be from 1e-30"),
        ({"scale": np.array([1, -1], np.float32)}, "got -1"),
        ({"scale": np.array([1, np.nan], np.float32)}, "got nan"),
        ({"scale": np.array([1, np.inf], np.float32)}, "got inf"),
        ({"zero_point": np.zeros(2, np.int64)}, r"zero_point must be int32\[2\]"),
        ({"zero_point": np.array([0, 128], np.int32)}, "-128 to 127, got 128"),
        ({"weight": np.zeros((2, 3, 1, 1), np.uint8), "zero_point": np.array([0, -1], np.int32)},
         "uint8 weights must be from 0 to 255, got -1"),
        ({"bias": np.zeros(2, np.float32)}, r"bias must be int32\[2\], got float32"),
        ({"bias": np.array([0, -(2**31)], np.int32)}, "do not fit int32"),
    ],
)  # fmt: skip
def test_integers_of_another_kind_are_refused(changes, message):
    with pytest.raises(CheckpointError, match=message):
        conv(**changes)


@pytest.mark.parametrize("scale", [0.0, -0.1, float("nan"), float("inf"), 1e-12])
def test_a_map_needs_a_positive_scale(scale):
    with pytest.raises(CheckpointError, match="the scale of a map must be"):
        Affine(scale, 3)


@pytest.mark.parametrize("zero_point", [-1, 256])
def test_a_map_needs_a_zero_point_that_a_byte_can_hold(zero_point):
    with pytest.raises(CheckpointError, match="from 0 to 255"):
        Affine(0.1, zero_point)


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


def test_quantisation_must_cover_the_graph_and_nothing_else():
    whole = random_quantization(GRAPH, 0)
    whole.check(GRAPH)
    maps, convs = whole.activations, whole.convs
    cases = [
        (Quantization(without(maps, "input"), convs), r"an affine .*missing \['input'\]"),
        (Quantization({**maps, "more": Affine(1, 0)}, convs), r"unknown \['more'\]"),
        (Quantization(maps, without(convs, "logits")), r"integers .*missing \['logits'\]"),
        (Quantization(maps, {**convs, "stem": convs["last"]}), r"stem\.weight: needs"),
    ]
    for wrong, message in cases:
        with pytest.raises(CheckpointError, match=message):
            wrong.check(GRAPH)
    with pytest.raises(CheckpointError, match="batch norms folded, stem has one"):
        whole.check(build(replace(SPEC, batch_norm_epsilon=1e-3)))


def test_floats_are_a_mapping_of_what_the_graph_needs():
    quantization = random_quantization(GRAPH, 1)
    weights = DequantizedWeights(GRAPH, quantization)
    assert dict(weights.shapes) == GRAPH.parameter_shapes
    assert set(weights) == set(GRAPH.parameter_shapes)
    assert len(weights) == len(GRAPH.parameter_shapes)
    assert "stem.weight" in weights
    assert "stem.scale" not in weights
    for name, shape in GRAPH.parameter_shapes.items():
        assert (weights[name].shape, weights[name].dtype) == (shape, np.float32)
    for name in ("stem.scale", "nothing", ""):
        with pytest.raises(KeyError):
            weights[name]


def test_weights_and_integers_of_a_checkpoint_cannot_part():
    checkpoint = random_quantized(SPEC)
    changed = dict(checkpoint.weights)
    with pytest.raises(CheckpointError, match="set quantization to None"):
        replace(checkpoint, weights=changed)
    with pytest.raises(CheckpointError, match="set quantization to None"):
        replace(checkpoint, quantization=random_quantization(GRAPH, 0))
    assert replace(checkpoint, weights=changed, quantization=None).quantization is None
    assert fold_checkpoint(checkpoint) is checkpoint
    resized = replace(checkpoint, spec=replace(SPEC, size=(64, 48)))
    assert resized.quantization is checkpoint.quantization


def test_as_floats_it_is_an_ordinary_checkpoint():
    checkpoint = random_quantized(SPEC)
    floats = to_float(checkpoint)
    assert floats.quantization is None
    assert type(floats.weights) is dict
    for name, array in checkpoint.weights.items():
        np.testing.assert_array_equal(floats.weights[name], array)
    assert to_float(floats) is floats


def test_half_a_pixel_that_a_zero_point_cost_comes_back():
    off = Preprocessing(mean=(127 / 255,) * 3, std=(0.5,) * 3)
    assert centered(off) == Preprocessing()
    assert centered(replace(off, mean=(128 / 255,) * 3)) == Preprocessing()
    for kept in (TORCHVISION, replace(off, mean=(126 / 255,) * 3), replace(off, std=(0.4,) * 3)):
        assert centered(kept) == kept
    coral = Preprocessing(mean=(128 / 255,) * 3, std=(128 / 255,) * 3)
    assert centered(coral) == coral


def test_a_quantised_checkpoint_never_holds_its_floats():
    """They would be 14 MB; the integers are there already."""
    spec = Spec(batch_norm_epsilon=None)
    graph = build(spec)
    quantization = random_quantization(graph, 0)
    template = random_quantized(replace(SPEC, head=Classifier(1000)))
    tracemalloc.start()
    try:
        weights = DequantizedWeights(graph, quantization)
        kept = replace(template, spec=spec, weights=weights, quantization=quantization)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    assert kept.weights["logits.weight"].shape == (1000, 1280, 1, 1)
