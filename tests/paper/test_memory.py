"""Section 5.1: memory of a block, whole and split."""

import numpy as np
import pytest

from mobilenetv2.engine.reference import evaluate_node, random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze, memory_steps
from mobilenetv2.network.spec import Spec
from mobilenetv2.paper import section_5_1
from mobilenetv2.paper.memory import run_split


def test_the_two_peaks_are_those_of_the_fact_sheet():
    data = section_5_1()
    assert (data.op_by_op, data.fused) == (1_505_280, 602_112)
    block = data.blocks[1]
    assert (block.name, block.op_by_op, block.one_step) == ("block1", 1_505_280, 275_968)


def test_splitting_ends_near_one_step_and_costs_no_multiplication():
    data = section_5_1()
    peaks = [split.peak for split in data.splits]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] == data.op_by_op
    assert data.fused < peaks[-1] < 1.03 * data.fused
    assert {split.madds for split in data.splits} == {analyze(Spec()).madds}
    assert data.splits[0].additions == 0


def test_between_2_and_5_parts_most_is_won():
    data = section_5_1()
    peak = {split.parts: split.peak for split in data.splits}
    assert peak[3] < 0.55 * peak[1]
    assert (peak[5] - peak[96]) < 0.1 * (peak[1] - peak[96])


@pytest.mark.parametrize("parts", [1, 2, 3, 5, 10_000])
@pytest.mark.parametrize("block", ["block0", "block1", "block2"])
def test_a_split_block_computes_the_same(block: str, parts: int):
    graph = build(Spec(width=0.5, size=(32, 32)))
    weights, nodes = random_weights(graph, 1), graph.by_name
    names = [name for name in nodes if name.startswith(f"{block}.")]
    source = nodes[names[0]].sources[0]
    picture = np.random.default_rng(0).normal(size=(2, *nodes[source].shape)).astype(np.float32)
    maps = {source: picture}
    for name in names:
        sources = [maps[one].copy() for one in nodes[name].sources]
        maps[name] = evaluate_node(nodes[name], sources, weights)
    split = run_split(graph, weights, block, picture, parts)
    np.testing.assert_allclose(split, maps[names[-1]], atol=2e-5)


def test_steps_of_a_run_hold_the_peak_that_analyze_reports():
    graph, memory = build(Spec()), analyze(Spec()).memory
    assert max(s.elements for s in memory_steps(graph, fused=False)) == memory.op_by_op
    assert max(s.elements for s in memory_steps(graph, fused=True)) == memory.fused
