"""Sums that are the same integers in whatever arithmetic they are added."""

import numpy as np
import pytest

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.calibration.sums import FURTHEST, LARGEST, in_odd_units
from mobilenetv2.engine.integer_reference import evaluate_integer_node
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add
from mobilenetv2.weights.quantized import Affine, Quantization
from tests.calibration.networks import SPECS, floats, pictures

FIRST, SECOND = (grid.reshape(1, 256, 256, 1) for grid in np.indices((256, 256), np.uint8))
"""All pairs of bytes."""


def apart(node: Add, affines: dict[str, Affine]) -> int:
    """How many of all pairs of bytes onnxruntime adds to another integer than we."""
    ours = evaluate_integer_node(node, [FIRST, SECOND], Quantization(affines, {}))
    after = affines[node.name]
    steps = np.float32(after.zero_point)
    for stored, name in ((FIRST, node.first), (SECOND, node.second)):
        ratio = np.float32(affines[name].scale) / np.float32(after.scale)
        steps = steps + (stored.astype(np.float32) - affines[name].zero_point) * ratio
    low = after.zero_point if node.activation != "none" else 0
    high = 255
    if node.activation == "relu6":
        high = min(high, round(6 / after.scale) + after.zero_point)
    return int((ours != np.clip(np.rint(steps), low, high)).sum())


@pytest.mark.parametrize(
    "name", ["classifier", "expansion shortcut", "relu6 bottleneck", "ssdlite"]
)
def test_no_pair_of_bytes_adds_to_another_integer_in_floats(name: str):
    checkpoint = floats(SPECS[name])
    graph = build(checkpoint.spec)
    found = calibrate(checkpoint, pictures(checkpoint.spec, 4), lambda: None, Stages()).quantization
    sums = [node for node in graph.nodes if isinstance(node, Add)]
    assert sums
    assert not sum(apart(node, dict(found.activations)) for node in sums)


def test_scales_as_ranges_have_them_part():
    node = Add("sum", "first", "second", build(SPECS["classifier"]).input.shape, "none")
    alike = {name: Affine(0.02, 0) for name in ("first", "second")} | {"sum": Affine(0.04, 0)}
    assert apart(node, alike) > 10_000
    assert not apart(node, _odd(alike))


def _odd(affines: dict[str, Affine]) -> dict[str, Affine]:
    scales = in_odd_units({name: one.scale for name, one in affines.items()})
    return {name: Affine(scales[name], one.zero_point) for name, one in affines.items()}


def test_scales_grow_by_two_units_at_most_and_the_largest_stays():
    random = np.random.default_rng(0)
    for _ in range(50):
        found = dict(
            zip("abcd", random.uniform(0.04, 1, 4).astype(np.float32).tolist(), strict=True)
        )
        unit = max(found.values()) / LARGEST
        odd = in_odd_units(found)
        assert max(odd.values()) == max(found.values())
        for name, scale in odd.items():
            assert round(scale / unit) % 2 == 1
            assert scale / unit == pytest.approx(round(scale / unit), rel=1e-6)
            assert -1e-5 * unit < scale - found[name] < 2.001 * unit


def test_scales_far_apart_stay():
    far = {"first": 1.0, "second": 0.9 / FURTHEST, "sum": 1.0}
    assert in_odd_units(far) == far
