"""A first classifier for new classes: logistic regression on what the network already sees."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Array, Checkpoint

PENALTY = 3e-2
"""On the squared length of weights of features with a variance of 1, whatever a network's own is:
some networks' is a thousandth of others'. From 1e-4 to 1e-1 other pictures are right as often,
within 2 of 100: this one is for features that stay as they are."""

COOLED = 0.1
"""The share of it that a head begins with where the features learn as well. A head that knows a few
hundred pictures leaves them nothing to learn from; one that points the same way and is sure of
nothing has them learn from the first step on (docs/training.md, "The first classifier"). A strong
penalty makes one unsure too, but nearly the same for classes that look alike."""

WARMING_STEPS = 12
"""Fewer make nothing of such a head: after 6 it was 13 of 100 behind, after 13 2 ahead."""

ITERATIONS = 60


def trunk(checkpoint: Checkpoint) -> GraphModule:
    """The classifier without its head: pictures to features, at the output `pool`."""
    graph = build(checkpoint.spec)
    nodes = tuple(node for node in graph.nodes if node.name not in ("hidden", "logits"))
    names = Graph(nodes, ("pool",)).parameter_shapes
    weights = {name: checkpoint.weights[name] for name in names}
    return GraphModule(Graph(nodes, ("pool",)), weights).eval()


@torch.no_grad()
def features(module: GraphModule, batches: Iterable[Tensor]) -> Tensor:
    """Pooled features, float32 [pictures, channels], on the CPU.

    Raises:
        CheckpointError: they are not finite.
    """
    found = torch.cat([module(images)["pool"].flatten(1).cpu() for images in batches])
    if not torch.isfinite(found).all():
        raise CheckpointError(
            "the first weights must see finite numbers in every picture, got features that are "
            "not: they may be those of a run that diverged; begin with others"
        )
    return found


def logistic_regression(inputs: Tensor, targets: Tensor, classes: int) -> tuple[Array, Array]:
    """Weights [classes, channels, 1, 1] and biases [classes] for a layer `logits`.

    Args:
        inputs: float32 [pictures, channels].
        targets: class indices, int64 [pictures]; or of several labels a picture 1 and 0 each,
            float32 [pictures, classes].
        classes: how many there are.
    """
    # What all pictures share tells nothing, and would decide how hard the penalty is.
    center = inputs.mean(0)
    inputs = inputs - center
    size = inputs.square().mean().sqrt().clamp(min=1e-12)
    inputs = inputs / size
    weight = torch.zeros(classes, inputs.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, history_size=10, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        solver.zero_grad()
        logits = inputs @ weight.T + bias
        if targets.ndim == 1:
            loss = F.cross_entropy(logits, targets)
        else:
            losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
            loss = losses / len(targets)
        loss = loss + PENALTY * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(objective)  # type: ignore[no-untyped-call]
    rows = weight.detach() / size
    return rows[:, :, None, None].numpy(), (bias.detach() - rows @ center).numpy()
