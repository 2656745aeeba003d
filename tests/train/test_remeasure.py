"""Batch norms get the statistics of other pictures; nothing else of a network changes."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train.freeze import freeze_layers
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.remeasure import (
    deployable,
    gains,
    measurable,
    remeasured,
    with_statistics,
)

SPEC = Spec(head=Classifier(3), width=0.35, size=(64, 64))


def noise(seed: int, low: float = -1, high: float = 1, count: int = 16) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 64, 64, generator=random) * (high - low) + low


@pytest.fixture
def module() -> GraphModule:
    return GraphModule(build(SPEC), random_weights(build(SPEC), seed=3)).eval()


def output(module: GraphModule, images: Tensor) -> Tensor:
    with torch.no_grad():
        return module(images)["logits"].flatten(1)


def test_of_one_batch_they_are_those_that_training_would_normalize_by(module: GraphModule) -> None:
    images = noise(0, 0.2, 0.9, 64)
    before, after = output(module, images), output(remeasured(module, [images]), images)
    wanted = output(module.train(), images)
    # Not to the digit: it normalizes by the sample's variance and remembers the population's.
    assert (after - wanted).norm() < 0.1 * wanted.norm() < 0.5 * (before - wanted).norm()


def test_of_several_they_are_the_mean(module: GraphModule) -> None:
    one, other = noise(1, -1, 0), noise(2, 0, 1)
    means = [remeasured(module, [images]).layers["stem"].mean for images in (one, other)]
    both = remeasured(module, [one, other]).layers["stem"].mean
    assert torch.allclose(both, (means[0] + means[1]) / 2, atol=1e-5)


def test_the_module_itself_stays_and_so_do_frozen_layers(module: GraphModule) -> None:
    before = {name: value.clone() for name, value in module.state_dict().items()}
    freeze_layers(module, "backbone")
    assert not measurable(module)
    layer = module.layers["last"]
    layer.statistics = "batch"
    assert measurable(module)
    after = remeasured(module, [noise(1, 0, 1)]).state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"last.mean", "last.variance"}
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_they_are_measured_at_the_size_at_which_the_network_is_used(module: GraphModule) -> None:
    larger = deployable(module, replace(SPEC, size=(96, 128)))
    images = torch.nn.functional.interpolate(noise(0), (96, 128))
    other = remeasured(larger, [images])
    back = with_statistics(module, other)
    assert back.graph == module.graph
    for name, layer in back.layers.items():
        same = torch.equal(layer.weight, module.layers[name].weight)
        assert same, name
        if hasattr(layer, "mean"):
            assert torch.equal(layer.mean, other.layers[name].mean), name


def test_a_half_is_judged_with_what_the_other_half_shows(module: GraphModule) -> None:
    """Of four batches of as many kinds each is judged without its own neighbors."""
    batches = [noise(seed, low, low + 0.5) for seed, low in enumerate((-1.0, -0.5, 0.0, 0.5))]

    def losses(network: GraphModule, images: Tensor) -> Tensor:
        return output(network, images).square().mean(1)

    before, after = gains(module, batches, lambda images: images, losses)
    ordered = [batches[place] for place in (0, 2, 1, 3)]
    assert torch.allclose(before, torch.cat([losses(module, images) for images in ordered]))
    of_odd = remeasured(module, [batches[1], batches[3]])
    of_even = remeasured(module, [batches[0], batches[2]])
    expected = [losses(of_odd, batches[place]) for place in (0, 2)]
    expected += [losses(of_even, batches[place]) for place in (1, 3)]
    assert torch.allclose(after, torch.cat(expected))
