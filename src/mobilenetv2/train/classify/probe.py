"""A first classifier for new classes: logistic regression on what the network already sees."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Array, Checkpoint

PENALTY = 1e-4
"""On the mean squared length of the weights: best of 1e-5, 1e-4, 1e-3 on held-out Caltech-101."""

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
    """Pooled features, float32 [pictures, channels], on the CPU."""
    return torch.cat([module(images)["pool"].flatten(1).cpu() for images in batches])


def logistic_regression(inputs: Tensor, targets: Tensor, classes: int) -> tuple[Array, Array]:
    """Weights [classes, channels, 1, 1] and biases [classes] for a layer `logits`.

    Args:
        inputs: float32 [pictures, channels].
        targets: class indices, int64 [pictures].
        classes: how many there are.
    """
    weight = torch.zeros(classes, inputs.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, history_size=10, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(inputs @ weight.T + bias, targets)
        loss = loss + PENALTY * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(objective)  # type: ignore[no-untyped-call]
    return weight.detach()[:, :, None, None].numpy(), bias.detach().numpy()
