"""The running average of all weights, which generalizes better than the last step's."""

from copy import deepcopy

import torch

from mobilenetv2.train.module import GraphModule


class Average:
    """A copy of a module whose weights and statistics follow the original's.

    Early on the average is short, `(1 + step) / (10 + step)` at most: else the first weights
    would still be in it at the end of a brief run. A decay of 0 follows without delay.
    """

    def __init__(self, module: GraphModule, decay: float) -> None:
        self.module = deepcopy(module).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: GraphModule, step: int) -> None:
        """Move towards `module`, after `step` steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours = list(self.module.state_dict().values())
        theirs = list(module.state_dict().values())
        torch._foreach_lerp_(ours, theirs, 1 - decay)
