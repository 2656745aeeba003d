"""A small graph that lowers to every kind of step."""

from mobilenetv2.network.graph import (
    Activation,
    Add,
    Bias,
    Concat,
    Conv,
    Graph,
    Input,
    Pads,
    Pool,
    Resize,
    Shape,
    window_output,
)


def every_kind(height: int, width: int, channels: int) -> Graph:
    """A picture of (height, width), 4 at least, and maps of about `channels`.

    The depthwise convolution and the sum are steps of their own, as others read what is between.
    """
    whole = Shape(height, width, channels)
    half = Shape(window_output(height, 3, 2, 1, 2), window_output(width, 3, 2, 1, 2), channels)
    inner, narrow = half._replace(channels=3 * channels), half._replace(channels=channels + 1)
    nodes = (
        Input("input", Shape(height, width, 3)),
        _conv("stem", "input", whole, 3, (3, 3), pad=1),
        _conv("wide", "stem", whole, channels, (3, 3), pad=2, dilation=2, groups=channels),
        Concat("both", ("stem", "wide"), whole._replace(channels=2 * channels)),
        _conv("blend", "both", whole, 2 * channels, (3, 3), pad=1),
        Add("sum", "blend", "wide", whole, "relu6"),
        Pool("largest", "sum", half, "max", (3, 3), 2, Pads(1, 1, 1, 1)),
        _conv("expand", "largest", inner, channels),
        _conv("depthwise", "expand", inner, 3 * channels, (3, 3), pad=1, groups=3 * channels),
        _conv("project", "depthwise", narrow, 3 * channels, activation="none"),
        Pool("mean", "project", narrow, "average", (3, 3), 1, Pads(1, 1, 1, 1)),
        Resize("large", "mean", whole._replace(channels=channels + 1), "half_pixel"),
        _conv("last", "large", whole._replace(channels=channels + 2), channels + 1),
        Pool("pooled", "last", Shape(1, 1, channels + 2), "average", (height, width), 1, Pads()),
        _conv("answer", "pooled", Shape(1, 1, 3), channels + 2, activation="none"),
    )
    graph = Graph(nodes, ("answer", "large"))
    graph.check()
    return graph


def _conv(
    name: str,
    source: str,
    shape: Shape,
    inputs: int,
    kernel: tuple[int, int] = (1, 1),
    *,
    pad: int = 0,
    dilation: int = 1,
    groups: int = 1,
    activation: Activation = "relu6",
) -> Conv:
    pads = Pads(pad, pad, pad, pad)
    return Conv(name, source, shape, inputs, kernel, 1, dilation, groups, pads, Bias(), activation)
