"""A graph becomes a program: what is fused, what is not, and how much memory the plan takes."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.plan import largest_at_once, lives_of
from mobilenetv2.engine.program import InvertedResidual, Program
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
    Stage,
)
from tests.engine.one_part import block_of, in_one_part

PLAIN = Spec(batch_norm_epsilon=None)


def graph_of(spec: Spec) -> Graph:
    return build(replace(spec, batch_norm_epsilon=None))


def lowered(spec: Spec) -> Program:
    graph = graph_of(spec)
    return lower(graph, random_weights(graph, 0))


def kinds(program: Program) -> Counter[str]:
    return Counter(type(step).__name__ for step in program.steps)


def test_the_classifier_is_twenty_steps():
    program = lowered(Spec(width=0.35, size=(32, 32)))
    assert kinds(program) == {"Convolution": 2, "InvertedResidual": 17, "PooledConvolution": 1}
    assert program.steps[0].target == "stem"
    assert [step.target for step in program.steps[-2:]] == ["pool", "logits"]


def test_ten_of_the_seventeen_blocks_add_their_input():
    program = lowered(Spec(width=0.35, size=(32, 32)))
    blocks = [step for step in program.steps if isinstance(step, InvertedResidual)]
    assert sum(block.sum is not None for block in blocks) == 10
    assert [block.expand is None for block in blocks] == [True] + [False] * 16


def test_the_peak_is_the_papers_bound():
    """Section 5.1: with a block as one step, 602,112 numbers at 1.0 and 224 (block 0)."""
    program = lowered(Spec())
    assert program.arena_bytes == 4 * 602_112
    lives = lives_of(program.steps, program.input, program.outputs)
    peak, step = largest_at_once(program.tensors, lives, "float32", len(program.steps))
    assert (peak, program.steps[step].target) == (4 * 602_112, "block0.project")


@pytest.mark.parametrize(
    "spec",
    [
        Spec(width=0.35, size=(96, 96)),
        Spec(width=1.4, size=(225, 161)),
        Spec(size=(320, 320), head=SSDLite(20)),
        Spec(size=(300, 300), head=SSD(20)),
        Spec(size=(513, 513), head=DeepLab(21), output_stride=16),
        Spec(size=(129, 65), head=DeepLab(5, aspp_rates=(6, 12, 18)), output_stride=8),
        Spec(width=0.5, size=(64, 64), backbone=MobileNetV1()),
    ],
    ids=lambda spec: f"{type(spec.head).__name__} {spec.width:g} {spec.size[0]}",
)
def test_no_tensor_overlaps_another_one_that_is_still_needed(spec: Spec):
    program = lowered(spec)
    lives = lives_of(program.steps, program.input, program.outputs)
    places = list(zip(program.tensors, program.offsets, strict=True))
    for number, (tensor, offset) in enumerate(places):
        assert offset + tensor.bytes("float32") <= program.arena_bytes
        for other, place in places[:number]:
            apart = (
                place + other.bytes("float32") <= offset
                or offset + tensor.bytes("float32") <= place
            )
            assert apart or not lives[tensor.name].meets(lives[other.name])


def test_every_node_is_computed_exactly_once():
    spec = Spec(size=(320, 320), head=SSDLite(20))
    program = lowered(spec)
    layers = [
        layer.name
        for step in program.steps
        for layer in (
            getattr(step, part, None) for part in ("expand", "depthwise", "project", "layer")
        )
        if layer is not None
    ]
    assert sorted(layers) == sorted(conv.name for conv in graph_of(spec).convs)


def test_a_map_that_somebody_else_reads_stays_a_map():
    """SSDLite's first predictor reads the expansion of block 13: that block is no single step."""
    program = lowered(Spec(size=(320, 320), head=SSDLite(20)))
    assert "block13.expand" in {tensor.name for tensor in program.tensors}
    block = next(step for step in program.steps if step.target == "block13.project")
    assert isinstance(block, InvertedResidual)
    assert block.expand is None
    assert block.sources == ("block13.expand",)


def test_separable_predictors_are_single_steps_too():
    program = lowered(Spec(size=(320, 320), head=SSDLite(20)))
    boxes = [step for step in program.steps if step.target in program.outputs]
    assert len(boxes) == 12
    assert sum(isinstance(step, InvertedResidual) for step in boxes) == 12


def test_a_projection_is_not_taken_for_the_next_blocks_expansion():
    """Blocks without an expansion in a row: 1x1, depthwise, 1x1 across their border is no block."""
    stages = (Stage(2, 8, 1, 1), Stage(1, 16, 1, 1))
    program = lowered(Spec(size=(16, 16), backbone=MobileNetV2(stages=stages)))
    blocks = [step for step in program.steps if isinstance(step, InvertedResidual)]
    assert [block.target for block in blocks] == ["block0.project", "block1.project"]
    assert [block.expand is None for block in blocks] == [False, True]


def test_an_activation_after_the_sum_is_a_step_of_its_own():
    backbone = MobileNetV2(bottleneck_activation="relu6", shortcut="expansion")
    graph = graph_of(Spec(width=0.35, size=(32, 32), backbone=backbone, head=Classifier(3)))
    program = lower(graph, random_weights(graph, 0))
    fused = sum(isinstance(step, InvertedResidual) for step in program.steps)
    assert 0 < fused <= 17


def test_pixels_come_through_a_table():
    graph = graph_of(Spec(width=0.35, size=(32, 32)))
    values = np.arange(3 * 256, dtype=np.float32).reshape(3, 256)
    program = lower(graph, random_weights(graph, 0), values)
    stored = block_of(in_one_part(program))[program.table :].view(np.float32)[: 3 * 256]
    assert (stored.reshape(3, 256) == values).all()
