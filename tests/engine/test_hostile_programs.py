"""Programs that ask for what they must not have are refused, with the rule and the number."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.engine import library
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import ALIGNMENT, Convolution, Program
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import EngineError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from tests.engine.integers import random_quantization
from tests.engine.one_part import block_of, in_one_part

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)
GRAPH = build(Spec(width=0.1, size=(32, 32), batch_norm_epsilon=None))
PROGRAM = in_one_part(lower(GRAPH, random_weights(GRAPH, 0)))
BLOCK = block_of(PROGRAM)


def with_input(**changes: object) -> Program:
    first, *others = PROGRAM.tensors
    assert first.name == PROGRAM.input
    return replace(PROGRAM, tensors=(first._replace(**changes), *others))


def with_stem(**changes: object) -> Program:
    stem, *others = PROGRAM.steps
    assert isinstance(stem, Convolution)
    return replace(PROGRAM, steps=(stem._replace(layer=stem.layer._replace(**changes)), *others))


@pytest.mark.parametrize(
    ("hostile", "rule"),
    [
        (lambda: replace(PROGRAM, arena_bytes=2**31 + 1), "arena is out of range, got 2147483649"),
        (lambda: replace(PROGRAM, arena_bytes=64), "must lie in the arena of 64"),
        (lambda: replace(PROGRAM, parts=(BLOCK[:-4096],)), "lies outside the weights"),
        (
            lambda: replace(with_input(pitch=8), arena_bytes=2**20),
            "a float picture has a pitch of 3, got 8",
        ),
        (lambda: with_input(pitch=11), r"pitch must be 3\.\.10, got 11"),
        (lambda: with_input(scale=float("nan")), "scale must be a number"),
        (lambda: with_stem(kernel=(3, 2**20)), r"kernel width must be 1\.\.1024"),
        (lambda: with_stem(stride=30), "every window must touch the source's map"),
        (lambda: with_stem(weight=2), "a weight must lie on a multiple of 4"),
        (lambda: with_stem(low=1.0, high=0.0), "a clamp's low end must not exceed its high"),
    ],
)
def test_a_program_that_leaves_its_bounds(hostile: Callable[[], Program], rule: str):
    with pytest.raises(EngineError, match=rule):
        NativeRunner(hostile())


def test_numbers_must_lie_in_one_of_the_arrays():
    """Behind one another in memory or not: what crosses from one into the next is refused."""
    middle = len(BLOCK) // 2 // ALIGNMENT * ALIGNMENT
    cut = replace(PROGRAM, parts=(BLOCK[:middle], BLOCK[middle:]))
    with pytest.raises(EngineError, match="lies outside the weights"):
        NativeRunner(cut)
    with pytest.raises(EngineError, match="lies outside the weights"):
        NativeRunner(replace(PROGRAM, parts=()))


def test_numbers_must_be_aligned():
    moved = np.concatenate([np.zeros(1, np.uint8), BLOCK])[1:]
    with pytest.raises(EngineError, match="must lie on a multiple of its size in memory"):
        NativeRunner(replace(PROGRAM, parts=(moved,)))


def test_it_does_not_matter_how_the_numbers_lie():
    parts = lower(GRAPH, random_weights(GRAPH, 0))
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        NativeRunner(parts)(image)["logits"], NativeRunner(PROGRAM)(image)["logits"]
    )


def test_scratch_memory_has_a_limit():
    """Windows of 600 columns that lie 1024 apart: the padded rows would take gigabytes."""
    kernel = (2, 600)
    program = with_stem(kernel=kernel, dilation=1024, weight=len(BLOCK))
    values = program.steps[0].layer.out_channels * kernel[0] * kernel[1] * 3
    with pytest.raises(EngineError, match="scratch memory must not exceed 512 MiB"):
        NativeRunner(replace(program, parts=(np.append(BLOCK, np.zeros(4 * values, np.uint8)),)))


@pytest.mark.parametrize("multiplier", [float("inf"), float("nan"), -1.0])
def test_multipliers_are_numbers(multiplier: float):
    """Also where all weights are zero, whose sums times infinity are no number."""
    program = in_one_part(lower(GRAPH, random_quantization(GRAPH, 0)))
    stem = program.steps[0]
    assert isinstance(stem, Convolution)
    weights = np.zeros_like(block_of(program))
    factors = weights[stem.layer.multiplier :].view(np.float32)
    factors[: stem.layer.out_channels] = multiplier
    with pytest.raises(EngineError, match="a multiplier must keep outputs within 32 bits"):
        NativeRunner(replace(program, parts=(weights,)))
