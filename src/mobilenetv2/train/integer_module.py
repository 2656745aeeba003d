"""The network as the integer engine computes it, in torch, with gradients.

The same walk as `engine/integer_reference`: in eval mode, on a CPU, every map is equal to its to
the last bit. Maps are steps from their zero points, whole numbers in float32; only sums that do not
fit float32 are kept wider.
"""

from typing import assert_never

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.engine.reference import interpolation
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Node, Pool, Resize
from mobilenetv2.network.spec import Spec
from mobilenetv2.train.integer_layer import IntegerLayer
from mobilenetv2.train.module import ConvLayer, GraphModule, Statistics, pad
from mobilenetv2.train.straight_through import limits_of, to_bytes
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.fixed_point import CHANGE_SHIFT, change_of_scale, sum_factors
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization

ONE = torch.ones(())


class IntegerModule(GraphModule):
    """A network to train in integers.

    Scales and zero points stay; what learns is described at `IntegerLayer`.

    Args:
        graph: folded.
        start: the integers to begin with, weights symmetric int8.
        dropout: the chance of an element before the layer `logits` to be zeroed in training.

    Raises:
        CheckpointError: the integers do not fit the graph.
    """

    def __init__(self, graph: Graph, start: Quantization, *, dropout: float = 0.0) -> None:
        start.check(graph)
        self._start = start
        self._source = {conv.name: conv.source for conv in graph.convs}
        super().__init__(graph, dropout=dropout)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """As `GraphModule.forward`; in float32 under autocast as well, which holds no sums."""
        with torch.autocast(images.device.type, enabled=False):
            maps = super().forward(images.float())
        affines = self._start.activations
        return {
            name: steps * np.float32(affines[name].scale).item() for name, steps in maps.items()
        }

    def at(self, spec: Spec) -> "IntegerModule":
        """The same integers at another input size or output stride, on the same device."""
        other = IntegerModule(build(folded_spec(spec)), self._start)
        other.load_state_dict(self.state_dict())
        return other.to(next(self.parameters()).device)

    def numbers(self) -> Quantization:
        """What the engine computes with, and a checkpoint keeps."""
        convs = {name: layer.integers() for name, layer in self._integer_layers().items()}
        return Quantization(self._start.activations, convs)

    def reals(self) -> dict[str, Array]:
        """The folded float network that the integers are rounded from."""
        weights: dict[str, Array] = {}
        for name, layer in self._integer_layers().items():
            weights[f"{name}.weight"], weights[f"{name}.bias"] = layer.reals()
        return weights

    def _integer_layers(self) -> dict[str, IntegerLayer]:
        return {
            name: layer for name, layer in self.layers.items() if isinstance(layer, IntegerLayer)
        }

    def _make(self, conv: Conv, statistics: Statistics, momentum: float) -> ConvLayer:  # noqa: ARG002
        affines = self._start.activations
        integers: IntegerConv = self._start.convs[conv.name]
        return IntegerLayer(conv, integers, affines[conv.source], affines[conv.name])

    def _evaluate(self, node: Node, sources: list[Tensor]) -> Tensor:
        after = self._start.activations[node.name]
        before = [self._start.activations[name] for name in node.sources]
        match node:
            case Input():
                steps = sources[0] / torch.tensor(after.scale, dtype=torch.float32)
                return to_bytes(steps, ONE, limits_of("none", after))
            case Conv():
                return self._convolve(node, sources[0])
            case Add():
                return _add(node, self._wide(sources), before, after)
            case Pool():
                return _pool(node, self._wide(sources)[0], before[0], after)
            case Resize():
                change = torch.tensor(before[0].scale / after.scale, dtype=torch.float32)
                return to_bytes(resize(node, sources[0]), change, limits_of("none", after))
            case Concat():
                parts = zip(self._wide(sources), before, strict=True)
                return torch.cat([_requantize(part, was, after) for part, was in parts], dim=1)
            case _:
                assert_never(node)

    def _wide(self, sources: list[Tensor]) -> list[Tensor]:
        """In eval mode float64, in which sums of fixed point are exact."""
        return sources if self.training else [source.double() for source in sources]


def _add(node: Add, sources: list[Tensor], before: list[Affine], after: Affine) -> Tensor:
    factors = sum_factors(before[0], before[1], after)
    one, two = factors.first / 2**factors.shift, factors.second / 2**factors.shift
    steps = torch.add(sources[0] * one, sources[1], alpha=two)
    return to_bytes(steps, ONE, limits_of(node.activation, after), upwards=True).float()


def _requantize(steps: Tensor, before: Affine, after: Affine) -> Tensor:
    if before == after:
        return steps.float()
    changed = steps * (change_of_scale(before, after) / 2**CHANGE_SHIFT)
    return to_bytes(changed, ONE, limits_of("none", after), upwards=True).float()


def _pool(node: Pool, source: Tensor, before: Affine, after: Affine) -> Tensor:
    if node.kind == "max":
        padded = pad(source, node.pads, -float(before.zero_point))
        return _requantize(F.max_pool2d(padded, node.kernel, node.stride), before, after)
    ones = torch.ones_like(source[:1, :1])
    total, count = (
        F.avg_pool2d(pad(values, node.pads), node.kernel, node.stride, divisor_override=1)
        for values in (source, ones)
    )
    factor = (before.scale / (count.double() * after.scale)).float()
    return to_bytes(total.float(), factor, limits_of("none", after))


def resize(node: Resize, source: Tensor) -> Tensor:
    """The reference's bilinear interpolation, operation by operation."""
    for axis, size in ((2, node.shape.height), (3, node.shape.width)):
        corners = node.alignment == "corners"
        low, high, fraction = interpolation(source.shape[axis], size, corners)
        below, above = (
            source.index_select(axis, torch.from_numpy(places).to(source.device))
            for places in (low, high)
        )
        share = torch.from_numpy(fraction).to(source.device)
        source = below + (above - below) * (share[:, None] if axis == 2 else share)
    return source
