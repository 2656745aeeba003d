"""A network as a TorchScript file, which plain torch runs without this package."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from mobilenetv2.network.build import build
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.to_float import to_float


class _FirstOutput(nn.Module):
    def __init__(self, network: GraphModule, name: str) -> None:
        super().__init__()
        self.network = network
        self.name = name

    def forward(self, images: Tensor) -> Tensor:
        maps: dict[str, Tensor] = self.network(images)
        return maps[self.name]


def write_traced(checkpoint: Checkpoint, path: Path) -> None:
    """Write a network in float32, its batch norms folded and its weights frozen.

    Args:
        checkpoint: integers become the floats that they stand for.
        path: the file; it takes [N, 3, height, width], preprocessed, and gives the first output.
    """
    folded = fold_checkpoint(to_float(checkpoint))
    graph = build(folded.spec)
    module = _FirstOutput(GraphModule(graph, folded.weights), graph.outputs[0]).eval()
    example = torch.zeros(2, 3, *folded.spec.size)
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracer's own words: what it fixes is fixed, and its successors need a compiler.
        warnings.simplefilter("ignore")
        torch.jit.freeze(torch.jit.trace(module, example)).save(str(path))  # type: ignore[no-untyped-call]
