"""Averages of weights, which generalize better than the last step's."""

from copy import deepcopy

import torch

from mobilenetv2.train.module import GraphModule


class Average:
    """A copy of a module whose weights and statistics follow the original's.

    Early on the average is short, `(1 + step) / (10 + step)` at most: else the first weights
    would still be in it at the end of a brief run. A decay of 0 follows without delay.
    """

    def __init__(self, module: GraphModule, decay: float) -> None:
        """Start at the module's present weights, and remember them as the first."""
        self.first = {name: value.clone() for name, value in module.state_dict().items()}
        self.module = deepcopy(module).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: GraphModule, step: int) -> None:
        """Move towards `module`, after `step` steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours = list(self.module.state_dict().values())
        theirs = list(module.state_dict().values())
        torch._foreach_lerp_(ours, theirs, 1 - decay)

    @torch.no_grad()
    def kept(self, first_share: float) -> GraphModule:
        """A module between the average (share 0) and the first weights (share 1)."""
        module = deepcopy(self.module)
        ours = list(module.state_dict().values())
        torch._foreach_lerp_(ours, list(self.first.values()), first_share)
        return module
