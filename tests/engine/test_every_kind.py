"""Every kind of step, in one small graph: the native engine against the reference."""

import numpy as np
import pytest

from mobilenetv2.engine import library
from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import Program
from mobilenetv2.engine.reference import random_weights, reference_runner
from tests.engine.every_kind import every_kind
from tests.engine.integers import random_quantization

GRAPH = every_kind(13, 10, 9)
IMAGES = np.random.default_rng(0).normal(size=(2, 13, 10, 3)).astype(np.float32)
ISAS = library.isas() if library.available() else ()


def float_program() -> Program:
    return lower(GRAPH, random_weights(GRAPH, 4))


def test_the_graph_has_every_kind():
    assert {type(step).__name__ for step in float_program().steps} == {
        "Convolution", "Depthwise", "InvertedResidual", "PooledConvolution",
        "AddMaps", "PoolMap", "ResizeMap", "ConcatMaps",
    }  # fmt: skip


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", [1, 3])
def test_real_numbers(isa: str, threads: int):
    expected = reference_runner(GRAPH, random_weights(GRAPH, 4))(IMAGES)
    found = NativeRunner(float_program(), threads, isa)(IMAGES)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-4 * np.abs(values).max())


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_integers(isa: str, dtype: type):
    numbers = random_quantization(GRAPH, 4, dtype)
    expected = integer_reference_runner(GRAPH, numbers)(IMAGES)
    found = NativeRunner(lower(GRAPH, numbers), 2, isa)(IMAGES)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("isa", ISAS)
def test_nothing_of_a_picture_reaches_the_next(isa: str):
    """Not even through channels that are only padding: not a number times zero is not zero."""
    program = float_program()
    runner = NativeRunner(program, 1, isa)
    alone = runner(IMAGES)
    broken = np.full_like(IMAGES, np.nan)
    after = runner(np.concatenate([broken, IMAGES]))
    for name, values in alone.items():
        assert np.isnan(after[name][:2]).any()
        np.testing.assert_array_equal(after[name][2:], values)
