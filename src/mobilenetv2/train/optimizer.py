"""From a recipe to a torch optimizer: which parameters decay, and which learn how fast."""

from collections.abc import Callable

import torch
from torch import nn

from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.recipe import LoopRecipe


def build_optimizer(
    module: GraphModule, recipe: LoopRecipe, is_new: Callable[[str], bool]
) -> torch.optim.Optimizer:
    """The recipe's optimizer over four groups: new or not, decaying or not.

    Each group carries `peak`, its learning rate at the top of the schedule.

    Args:
        module: whose parameters learn, but for those that are frozen.
        recipe: rates and decay.
        is_new: whether a parameter, by name, belongs to a layer without first weights.
    """
    depthwise = {f"{conv.name}.weight" for conv in module.graph.convs if conv.depthwise}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        decays = name.endswith(".weight") and name not in depthwise
        groups.setdefault((is_new(name), decays), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "peak": recipe.learning_rate * (1.0 if new else recipe.backbone_rate),
            "weight_decay": recipe.weight_decay if decays else 0.0,
        }
        for (new, decays), parameters in groups.items()
    ]
    # 150 small parameters: fused, a step of AdamW takes 1.4 ms on a CPU core instead of 11.
    match recipe.optimizer:
        case "sgd":
            return torch.optim.SGD(
                settings, recipe.learning_rate, recipe.momentum, nesterov=recipe.momentum > 0,
                fused=True,
            )  # fmt: skip
        case "adamw":
            return torch.optim.AdamW(settings, recipe.learning_rate, fused=True)
        case "rmsprop":
            # Section 6.1: decay and momentum 0.9; epsilon 1 is the released trainer's.
            return torch.optim.RMSprop(
                settings, recipe.learning_rate, alpha=0.9, eps=1.0, momentum=recipe.momentum
            )


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Every group's rate becomes its peak times `factor`."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
