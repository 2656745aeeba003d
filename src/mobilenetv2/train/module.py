"""The graph as a torch module, interpreted: the same walk as the reference, with gradients."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Literal, assert_never

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import (
    Activation,
    Add,
    BatchNorm,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pads,
    Pool,
    Resize,
)
from mobilenetv2.network.spec import Spec
from mobilenetv2.train.dropout import Rows, drop
from mobilenetv2.train.synced import several, synced_batch_norm
from mobilenetv2.weights.checkpoint import Array, Weights
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.quantized import Quantization

Statistics = Literal["batch", "synced", "frozen"]


class ConvLayer(nn.Module):
    """One convolution with its batch norm or bias, and its activation.

    In training, `statistics` "batch" normalizes by the batch and moves `mean` and `variance` by
    `momentum` of the difference (torch's convention; TensorFlow's decay is one minus it); where
    the batch has a single value a channel, it is normalized by the stored statistics. "synced"
    does so by the batch of all processes together.
    Otherwise the stored statistics are folded into the weight on the way, which saves a pass
    over the map and still lets gamma, beta and the weight learn.
    """

    weight: Tensor
    gamma: Tensor
    beta: Tensor
    mean: Tensor
    variance: Tensor
    bias: Tensor

    def __init__(self, node: Conv, statistics: Statistics, momentum: float) -> None:
        super().__init__()
        self.node = node
        self.statistics = statistics
        self.momentum = momentum
        learned = {"weight", "gamma", "beta", "bias"}
        for name, shape in node.parameter_shapes.items():
            part = name.rpartition(".")[2]
            start = torch.ones(shape) if part in ("gamma", "variance") else torch.zeros(shape)
            if part in learned:
                self.register_parameter(part, nn.Parameter(start))
            else:
                self.register_buffer(part, start)

    def forward(self, source: Tensor) -> Tensor:
        """[N, in, height, width] to [N, out, height, width]."""
        norm = self.node.norm
        if not isinstance(norm, BatchNorm):
            result = self.convolve(source, self.weight, self.bias)
        elif self.training and self.statistics == "synced" and several():
            values = self.convolve(source, self.weight)
            result = synced_batch_norm(
                values, self.mean, self.variance,
                self.gamma, self.beta, self.momentum, norm.epsilon,
            )  # fmt: skip
        elif self.training and self.statistics != "frozen":
            values = self.convolve(source, self.weight)
            # One value a channel has no spread: a pooled map of a batch of one.
            spread = values.shape[0] * values.shape[2] * values.shape[3] > 1
            result = F.batch_norm(
                values, self.mean, self.variance,
                self.gamma, self.beta, spread, self.momentum, norm.epsilon,
            )  # fmt: skip
        else:
            scale = self.gamma * torch.rsqrt(self.variance + norm.epsilon)
            weight = self.weight * scale[:, None, None, None]
            result = self.convolve(source, weight, self.beta - self.mean * scale)
        return activate(result, self.node.activation)

    def convolve(self, source: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """The bare convolution, before batch norm."""
        node = self.node
        # On a map smaller than its kernel oneDNN leaves taps of a bfloat16 gradient unwritten: NaN
        # or any number, by what the memory held (torch 2.14.1, stride 2 on one pixel).
        small = source.shape[2] < node.kernel[0] and source.shape[3] < node.kernel[1]
        if small and source.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return self.convolve(source.float(), weight, bias)
        top, bottom, left, right = node.pads
        symmetric = top == bottom and left == right
        # A kernel grown by a zero row and column pads for free on paper, but took twice the time
        # of F.pad for bfloat16 depthwise on Zen 4, and as long in float32.
        return F.conv2d(
            source if symmetric else pad(source, node.pads),
            weight, bias, node.stride, (top, left) if symmetric else 0, node.dilation, node.groups,
        )  # fmt: skip


class GraphModule(nn.Module):
    """A network to train: `state_dict` has the graph's own names, e.g. `block3.expand.weight`.

    Args:
        graph: what `network.build` returns.
        weights: float32 arrays by name; without them every weight is zero until `load_weights`.
        statistics: where training takes batch norm's mean and variance from.
        momentum: the share of a batch in the running statistics.
        dropout: the chance of an element before the layer `logits` to be zeroed in training.

    Raises:
        CheckpointError: the weights do not fit the graph.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights | None = None,
        *,
        statistics: Statistics = "batch",
        momentum: float = 0.1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.graph = graph
        self.dropout = dropout
        self.rows: Rows | None = None
        """Which of a step's pictures the next batch holds, where several processes share them."""
        self._last_reader = {source: node.name for node in graph.nodes for source in node.sources}
        # Short names first: `box0.depthwise` lives inside `box0`, which is a layer itself.
        for conv in sorted(graph.convs, key=lambda conv: conv.name.count(".")):
            *path, leaf = conv.name.split(".")
            place: nn.Module = self
            for part in path:
                if part not in place._modules:
                    place.add_module(part, nn.Module())
                place = place.get_submodule(part)
            place.add_module(leaf, self._make(conv, statistics, momentum))
        self.layers = {conv.name: self._layer(conv.name) for conv in graph.convs}
        if weights is not None:
            load_weights(self, weights)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Run a batch.

        Args:
            images: [N, 3, height, width], preprocessed; channels_last is fastest.

        Returns:
            For each output of the graph its map, [N, channels, height, width]; float32, as the
            weights are, under autocast as well.
        """
        maps: dict[str, Tensor] = {}
        for node in self.graph.nodes:
            sources = [maps[source] for source in node.sources]
            maps[node.name] = self._evaluate(node, sources or [images])
            for source in set(node.sources):
                if self._last_reader[source] == node.name and source not in self.graph.outputs:
                    del maps[source]
        return {name: maps[name].to(self._dtype) for name in self.graph.outputs}

    def at(self, spec: Spec) -> "GraphModule":
        """The same weights at another input size or output stride, on the same device."""
        folded = not any(isinstance(conv.norm, BatchNorm) for conv in self.graph.convs)
        graph = build(folded_spec(spec) if folded else spec)
        other = GraphModule(graph, weights_of(self))
        return other.to(next(self.parameters()).device)

    def numbers(self) -> Weights | Quantization:
        """What a checkpoint keeps."""
        return weights_of(self)

    def _make(self, conv: Conv, statistics: Statistics, momentum: float) -> ConvLayer:
        return ConvLayer(conv, statistics, momentum)

    def _evaluate(self, node: Node, sources: list[Tensor]) -> Tensor:
        match node:
            case Input():
                return sources[0]
            case Conv():
                return self._convolve(node, sources[0])
            case Add():
                return activate(sources[0] + sources[1], node.activation)
            case Pool():
                return pool(node, sources[0])
            case Resize():
                corners = node.alignment == "corners"
                return F.interpolate(
                    sources[0], node.shape[:2], mode="bilinear", align_corners=corners
                )
            case Concat():
                return torch.cat(sources, dim=1)
            case _:
                assert_never(node)

    def _convolve(self, node: Conv, source: Tensor) -> Tensor:
        layer = self.layers[node.name]
        if node.name == "logits" and self.dropout:
            source = drop(source, self.dropout, self.rows) if self.training else source
        # Eight bits of mantissa are too few for logits and box offsets; the layer is cheap.
        precise = node.name in self.graph.outputs
        with torch.autocast(source.device.type, enabled=False) if precise else nullcontext():
            result: Tensor = layer(source.to(layer.weight.dtype) if precise else source)
        return result

    @property
    def _dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    def _layer(self, name: str) -> ConvLayer:
        layer = self.get_submodule(name)
        if not isinstance(layer, ConvLayer):
            raise TypeError(f"{name} must be a ConvLayer, got {type(layer).__name__}")
        return layer


def activate(values: Tensor, activation: Activation) -> Tensor:
    """The activation, in place: `values` is always fresh from a convolution or a sum."""
    match activation:
        case "none":
            return values
        case "relu":
            return F.relu_(values)
        case "relu6":
            return F.hardtanh_(values, 0.0, 6.0)
        case _:
            assert_never(activation)


def pad(source: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    """The map with a border of `value`."""
    return F.pad(source, (pads.left, pads.right, pads.top, pads.bottom), value=value)


def pool(node: Pool, source: Tensor) -> Tensor:
    """The mean or maximum of every window; what was padded is no part of it."""
    match node.kind:
        case "max":
            return F.max_pool2d(pad(source, node.pads, -torch.inf), node.kernel, node.stride)
        case "average":
            if node.kernel == source.shape[2:]:
                return source.mean((2, 3), keepdim=True)
            ones = torch.ones_like(source[:1, :1])
            total, count = (
                F.avg_pool2d(pad(values, node.pads), node.kernel, node.stride, divisor_override=1)
                for values in (source, ones)
            )
            return total / count
        case _:
            assert_never(node.kind)


def load_weights(module: GraphModule, weights: Weights) -> None:
    """Copy arrays into the module, all of them or none.

    Raises:
        CheckpointError: names the first three arrays that differ.
    """
    expected = module.graph.parameter_shapes
    found = {name: array.shape for name, array in weights.items()}
    wrong = [
        f"{name}: needs {expected.get(name, 'nothing')}, got {found.get(name, 'nothing')}"
        for name in expected | found
        if expected.get(name) != found.get(name)
    ]
    if wrong:
        raise CheckpointError(
            f"weights must fit the graph: {len(wrong)} arrays differ, first " + "; ".join(wrong[:3])
        )
    # A copy: arrays read from a file may be read-only, and training writes into its tensors.
    module.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})


def weights_of(module: GraphModule) -> dict[str, Array]:
    """The module's weights as float32 arrays under the graph's names, copied."""
    return arrays(module.state_dict())


def arrays(state: Mapping[str, Tensor]) -> dict[str, Array]:
    """Tensors of any device and memory order as C-ordered float32 arrays."""
    return {
        name: np.ascontiguousarray(tensor.detach().cpu().float().contiguous().numpy()).copy()
        for name, tensor in state.items()
    }
