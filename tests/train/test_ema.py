"""The average follows the weights and their statistics, soon at first and slowly later."""

import torch

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train.ema import Average
from mobilenetv2.train.module import GraphModule, load_weights

SPEC = Spec(head=Classifier(3), width=0.35, size=(64, 64))


def pair() -> tuple[GraphModule, GraphModule]:
    graph = build(SPEC)
    return tuple(GraphModule(graph, random_weights(graph, seed)) for seed in (1, 2))


def test_moves_a_share_of_the_way() -> None:
    start, end = pair()
    average = Average(start, decay=0.9)
    average.update(end, step=10**9)
    for name, value in average.module.state_dict().items():
        expected = 0.9 * start.state_dict()[name] + 0.1 * end.state_dict()[name]
        torch.testing.assert_close(value, expected)


def test_is_short_at_the_beginning() -> None:
    start, end = pair()
    average = Average(start, decay=0.999)
    average.update(end, step=0)
    expected = 0.1 * start.stem.weight + 0.9 * end.stem.weight
    torch.testing.assert_close(average.module.stem.weight, expected)


def test_without_decay_it_is_the_last_step() -> None:
    start, end = pair()
    average = Average(start, decay=0)
    average.update(end, step=5)
    for name, value in average.module.state_dict().items():
        assert torch.equal(value, end.state_dict()[name])


def test_is_a_copy() -> None:
    start, _ = pair()
    average = Average(start, decay=0.9)
    before = average.module.stem.weight.clone()
    load_weights(start, random_weights(start.graph, 7))
    assert torch.equal(average.module.stem.weight, before)
    assert not average.module.stem.weight.requires_grad
