"""Writes a graph node by node: shapes, pads and channel counts are settled here, once."""

from typing import Literal

from mobilenetv2.network.graph import (
    Activation,
    Add,
    BatchNorm,
    Bias,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pads,
    Pool,
    Resize,
    Shape,
    window_output,
)
from mobilenetv2.network.spec import Padding


class Builder:
    """Collects nodes; every method returns the new node's name, to be the next one's source."""

    def __init__(self, size: tuple[int, int], padding: Padding, epsilon: float | None) -> None:
        self._padding = padding
        self._epsilon = epsilon
        self._nodes: dict[str, Node] = {}
        self.input = self._put(Input("input", Shape(*size, 3)))

    def shape(self, name: str) -> Shape:
        """The shape of the node of that name."""
        return self._nodes[name].shape

    def conv(
        self,
        name: str,
        source: str,
        channels: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        dilation: int = 1,
        activation: Activation = "relu6",
        epsilon: float | None = None,
    ) -> str:
        """A full convolution with batch norm, or with a bias where the network is folded.

        `epsilon` overrides the network's own (DeepLab's head has another).
        """
        return self._conv(
            name, source, channels, kernel, stride, dilation, 1, activation, self._norm(epsilon)
        )

    def depthwise(self, name: str, source: str, *, stride: int = 1, dilation: int = 1) -> str:
        """A 3x3 filter a channel, batch norm, ReLU6."""
        channels = self.shape(source).channels
        return self._conv(
            name, source, channels, 3, stride, dilation, channels, "relu6", self._norm(None)
        )

    def predictor(self, name: str, source: str, channels: int, *, kernel: int = 1) -> str:
        """A convolution with a bias and no activation: logits and box offsets."""
        return self._conv(name, source, channels, kernel, 1, 1, 1, "none", Bias())

    def dense(self, name: str, source: str, channels: int, activation: Activation) -> str:
        """A 1x1 convolution with a bias, no batch norm, and an activation."""
        return self._conv(name, source, channels, 1, 1, 1, 1, activation, Bias())

    def add(self, name: str, first: str, second: str, activation: Activation = "none") -> str:
        """The sum of two maps of the same shape."""
        return self._put(Add(name, first, second, self.shape(first), activation))

    def concat(self, name: str, parts: tuple[str, ...]) -> str:
        """Maps of one size, joined along their channels."""
        height, width, _ = self.shape(parts[0])
        channels = sum(self.shape(part).channels for part in parts)
        return self._put(Concat(name, parts, Shape(height, width, channels)))

    def global_average(self, name: str, source: str) -> str:
        """The mean of every channel over the whole map."""
        height, width, channels = self.shape(source)
        return self._put(
            Pool(name, source, Shape(1, 1, channels), "average", (height, width), 1, Pads())
        )

    def max_pool(self, name: str, source: str, *, kernel: int, stride: int) -> str:
        """The largest value of every window."""
        shape, pads = self._window(source, kernel, stride, 1, self.shape(source).channels)
        return self._put(Pool(name, source, shape, "max", (kernel, kernel), stride, pads))

    def resize(
        self,
        name: str,
        source: str,
        size: tuple[int, int],
        alignment: Literal["corners", "half_pixel"] = "corners",
    ) -> str:
        """Bilinear resizing to (height, width)."""
        return self._put(Resize(name, source, Shape(*size, self.shape(source).channels), alignment))

    def finish(self, *outputs: str) -> Graph:
        """The checked graph; nodes that no output needs are left out.

        Raises:
            GraphError: a structural rule is broken.
        """
        needed = set(outputs)
        for node in reversed(self._nodes.values()):
            if node.name in needed:
                needed.update(node.sources)
        graph = Graph(tuple(n for n in self._nodes.values() if n.name in needed), outputs)
        graph.check()
        return graph

    def _norm(self, epsilon: float | None) -> BatchNorm | Bias:
        if self._epsilon is None:
            return Bias()
        return BatchNorm(self._epsilon if epsilon is None else epsilon)

    def _conv(
        self,
        name: str,
        source: str,
        channels: int,
        kernel: int,
        stride: int,
        dilation: int,
        groups: int,
        activation: Activation,
        norm: BatchNorm | Bias,
    ) -> str:
        shape, pads = self._window(source, kernel, stride, dilation, channels)
        return self._put(
            Conv(
                name=name,
                source=source,
                shape=shape,
                in_channels=self.shape(source).channels,
                kernel=(kernel, kernel),
                stride=stride,
                dilation=dilation,
                groups=groups,
                pads=pads,
                norm=norm,
                activation=activation,
            )
        )

    def _window(
        self, source: str, kernel: int, stride: int, dilation: int, channels: int
    ) -> tuple[Shape, Pads]:
        height, width, _ = self.shape(source)
        vertical = _pads(self._padding, height, kernel, stride, dilation)
        horizontal = _pads(self._padding, width, kernel, stride, dilation)
        return (
            Shape(
                window_output(height, kernel, stride, dilation, sum(vertical)),
                window_output(width, kernel, stride, dilation, sum(horizontal)),
                channels,
            ),
            Pads(*vertical, *horizontal),
        )

    def _put(self, node: Node) -> str:
        # A second node of one name would silently replace the first: let check() see both.
        if node.name in self._nodes:
            Graph((*self._nodes.values(), node), (node.name,)).check()
        self._nodes[node.name] = node
        return node.name


def same_pads(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) along one axis, by TensorFlow's SAME rule."""
    total = max(0, (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return total // 2, total - total // 2


def _pads(padding: Padding, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) along one axis, by the network's own convention."""
    if padding == "torch":
        reach = (kernel - 1) * dilation
        return reach // 2, reach // 2
    return same_pads(size, kernel, stride, dilation)
