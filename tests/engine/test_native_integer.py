"""The native engine's integers are the reference's, bit for bit, at every step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilenetv2.engine import library
from mobilenetv2.engine.integer_reference import (
    evaluate_integer_node,
    integer_reference_runner,
    quantize,
)
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.errors import EngineError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.fixed_point import layer_factors
from mobilenetv2.weights.quantized import Affine, Quantization
from tests.engine.integers import random_quantization
from tests.engine.test_native import ISAS, SPECS, name_of, networks

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)


def differing_steps(
    spec: Spec, isa: str, threads: int, seed: int, dtype: type, library: Path | None = None
) -> list[str]:
    """Steps with any output that is not the reference's, of random integers."""
    graph = build(replace(spec, batch_norm_epsilon=None))
    image = np.random.default_rng(seed).normal(size=(*spec.size, 3)).astype(np.float32)
    quantization = random_quantization(graph, seed, dtype)
    return steps_that_differ(graph, quantization, image, isa, threads, library)


def steps_that_differ(
    graph: Graph,
    quantization: Quantization,
    image: np.ndarray,
    isa: str,
    threads: int = 1,
    library: Path | None = None,
) -> list[str]:
    """Steps with any output that is not the reference's."""
    maps = {}
    for node in graph.nodes:
        sources = [maps[source] for source in node.sources]
        given_image = [quantize(image[None], quantization.activations[node.name])]
        maps[node.name] = evaluate_integer_node(node, sources or given_image, quantization)
    program = lower(graph, quantization)
    runner = NativeRunner(program, threads, isa, library)
    outputs = runner(image[None])
    expected = integer_reference_runner(graph, quantization)(image[None])
    assert all((outputs[name] == expected[name]).all() for name in expected)
    return [
        step.target
        for number, step in enumerate(program.steps)
        if not (runner.peek(image, number, step.target) == maps[step.target][0]).all()
    ]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_every_step_to_the_last_bit(spec: Spec, isa: str, dtype: type):
    assert differing_steps(spec, isa, 2, 5, dtype) == []


@pytest.mark.parametrize("isa", ISAS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spec=networks(),
    threads=st.integers(1, 3),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([np.int8, np.uint8]),
)
def test_any_network(isa: str, spec: Spec, threads: int, seed: int, dtype: type):
    assert differing_steps(spec, isa, threads, seed, dtype) == []


@pytest.mark.parametrize("isa", ISAS)
def test_a_channel_whose_sums_turn_it_off_or_on(isa: str):
    """Before they are cut its outputs leave 32 bits, by any factor above 256 they are the same."""
    spec = Spec(width=0.1, size=(32, 32), batch_norm_epsilon=None)
    graph, image = build(spec), np.random.default_rng(5).normal(size=(32, 32, 3)).astype("f4")
    drawn = random_quantization(graph, 5)
    scale = drawn.convs["stem"].scale.copy()
    scale[[0, 3]] = 1e6
    convs = {**drawn.convs, "stem": replace(drawn.convs["stem"], scale=scale)}
    quantization = Quantization(drawn.activations, convs)
    factors = layer_factors(drawn.activations["input"], scale, drawn.activations["stem"])
    assert 255 * factors[0] > 2**31 / 255
    assert steps_that_differ(graph, quantization, image, isa) == []


def test_sums_that_do_not_fit_are_refused():
    graph = build(Spec(width=0.35, size=(32, 32), batch_norm_epsilon=None))
    quantization = random_quantization(graph, 0)
    tiny = {**quantization.activations, "logits": Affine(1e-9, 0)}
    with pytest.raises(EngineError, match="multiplier"):
        NativeRunner(lower(graph, Quantization(tiny, quantization.convs)))
