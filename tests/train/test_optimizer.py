"""Which parameters decay, and how fast each learns."""

import pytest
import torch

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.optimizer import build_optimizer, set_learning_rate

SPEC = Spec(head=Classifier(3), width=0.35, size=(64, 64))


@pytest.fixture
def module() -> GraphModule:
    return GraphModule(build(SPEC), random_weights(build(SPEC), 0))


@pytest.mark.parametrize("kind", ["sgd", "adamw", "rmsprop"])
def test_every_parameter_learns_once_with_its_own_rate_and_decay(
    module: GraphModule, kind: str
) -> None:
    recipe = Recipe(optimizer=kind, learning_rate=0.1, backbone_rate=0.5, weight_decay=0.01)
    optimizer = build_optimizer(module, recipe, lambda name: name.startswith("logits."))
    set_learning_rate(optimizer, 0.5)
    names = {parameter: name for name, parameter in module.named_parameters()}
    settings = {
        names[parameter]: (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert settings.keys() == set(names.values())
    assert settings["logits.weight"] == (0.05, 0.01)
    assert settings["logits.bias"] == (0.05, 0)
    assert settings["last.weight"] == (0.025, 0.01)
    assert settings["stem.weight"] == (0.025, 0.01)
    for untouched in ("block3.depthwise.weight", "block3.expand.gamma", "last.beta"):
        assert settings[untouched] == (0.025, 0)


def test_a_small_step_lowers_the_loss_as_much_as_the_gradient_says(module: GraphModule) -> None:
    """In float64, so that the step can be small enough for the slope to be the whole truth."""
    module = module.double().train()
    recipe = Recipe(optimizer="sgd", learning_rate=1e-9, momentum=0, weight_decay=0)
    optimizer = build_optimizer(module, recipe, lambda _: True)
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)).double()

    def objective() -> torch.Tensor:
        return module(images)["logits"].double().square().mean()

    before = objective()
    before.backward()
    slope = sum(parameter.grad.square().sum() for parameter in module.parameters())
    optimizer.step()
    assert (before - objective()).item() == pytest.approx(1e-9 * slope.item(), rel=1e-2)
