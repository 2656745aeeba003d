"""The paper in code: from a `Spec` to its `Graph`. Names of nodes are the names of weights."""

from functools import lru_cache
from typing import NamedTuple, assert_never

from mobilenetv2.network.builder import Builder
from mobilenetv2.network.dilation import Dilator
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.heads import Taps, classifier, deeplab, embedding, ssd, ssdlite
from mobilenetv2.network.resnet import resnet_101
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    Embedding,
    MobileNetV1,
    MobileNetV2,
    ResNet101,
    Spec,
    SSDLite,
    round_channels,
)


@lru_cache(maxsize=64)
def build(spec: Spec) -> Graph:
    """The network a spec describes, checked.

    Raises:
        SpecError: the head does not go with the backbone.
        GraphError: the input is too small for a layer.
    """
    builder = Builder(spec.size, spec.padding, spec.batch_norm_epsilon)
    match spec.backbone:
        case MobileNetV2():
            taps = mobilenet_v2(builder, spec.backbone, spec)
        case MobileNetV1():
            taps = mobilenet_v1(builder, spec)
        case ResNet101():
            taps = resnet_101(builder, spec.backbone, spec)
        case _:
            assert_never(spec.backbone)
    match spec.head:
        case Classifier():
            return classifier(builder, spec.head, taps)
        case Embedding():
            return embedding(builder, taps)
        case SSD():
            return ssd(builder, spec.head, taps)
        case SSDLite():
            return ssdlite(builder, spec.head, taps)
        case DeepLab():
            return deeplab(builder, spec.head, taps)
        case _:
            assert_never(spec.head)


def mobilenet_v2(builder: Builder, backbone: MobileNetV2, spec: Spec) -> Taps:
    """Table 2: the stem, seventeen bottlenecks, the last 1x1 convolution."""

    def scaled(channels: int) -> int:
        return round_channels(channels * spec.width, backbone.divisor)

    dilator = Dilator(spec.output_stride)
    trunk = builder.conv("stem", builder.input, scaled(backbone.stem_channels), kernel=3, stride=2)
    strided = [i for i, stage in enumerate(backbone.stages) if stage.stride > 1]
    expanded, tap, tap_source = trunk, trunk, trunk
    index = 0
    for stage_index, stage in enumerate(backbone.stages):
        for repeat in range(stage.repeats):
            stride, dilation = dilator.step(stage.stride if repeat == 0 else 1)
            block = Block(
                f"block{index}", stage.expansion, scaled(stage.channels), stride, dilation
            )
            source = trunk
            trunk, expanded = inverted_residual(builder, backbone, block, trunk, expanded)
            if repeat == 0 and strided[-1:] == [stage_index]:
                tap, tap_source = expanded, source
            index += 1
    last_width = max(1.0, spec.width) if backbone.last_channel == "paper" else spec.width
    last_channels = round_channels(backbone.last_channels * last_width, backbone.divisor)
    last = builder.conv("last", trunk, last_channels)
    return Taps(last=last, trunk=trunk, middle=tap, middle_output=tap_source)


class Block(NamedTuple):
    """One bottleneck's numbers, after width and output stride have had their say."""

    name: str
    expansion: int
    channels: int
    stride: int
    dilation: int


def inverted_residual(
    builder: Builder, backbone: MobileNetV2, block: Block, source: str, previous: str
) -> tuple[str, str]:
    """Table 1: expand (1x1), depthwise (3x3), project (1x1, linear), shortcut where shapes agree.

    A block with expansion factor 1 has no expand convolution. `previous` names the expanded map
    of the block before. Returns the names of the block's output and of its own expanded map.
    """
    channels = builder.shape(source).channels
    expanded = source
    if block.expansion > 1:
        expanded = builder.conv(f"{block.name}.expand", source, channels * block.expansion)
        alike = builder.shape(previous) == builder.shape(expanded)
        if backbone.shortcut == "expansion" and alike:
            expanded = builder.add(f"{block.name}.add", expanded, previous)
    filtered = builder.depthwise(
        f"{block.name}.depthwise", expanded, stride=block.stride, dilation=block.dilation
    )
    output = builder.conv(
        f"{block.name}.project", filtered, block.channels, activation=backbone.bottleneck_activation
    )
    # Stride and channels decide, not shapes: at width 0.75 a stride-2 block keeps its 24 channels.
    if backbone.shortcut == "bottleneck" and block.stride == 1 and block.channels == channels:
        output = builder.add(f"{block.name}.add", output, source)
    return output, expanded


V1_ROWS = (
    ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2))
    + ((512, 1),) * 5
    + (
        (1024, 2),
        (1024, 1),
    )
)
"""MobileNetV1's thirteen depthwise separable convolutions: (channels, stride)."""


def mobilenet_v1(builder: Builder, spec: Spec) -> Taps:
    """MobileNetV1: depthwise and pointwise in turn, ReLU6 after both, channels cut at width < 1."""

    def scaled(channels: int) -> int:
        return max(8, int(channels * spec.width))

    dilator = Dilator(spec.output_stride)
    trunk = builder.conv("stem", builder.input, scaled(32), kernel=3, stride=2)
    middle = trunk
    for index, (channels, stride) in enumerate(V1_ROWS):
        stride, dilation = dilator.step(stride)
        filtered = builder.depthwise(
            f"block{index}.depthwise", trunk, stride=stride, dilation=dilation
        )
        trunk = builder.conv(f"block{index}.pointwise", filtered, scaled(channels))
        if index == 10:
            middle = trunk
    return Taps(last=trunk, trunk=trunk, middle=middle, middle_output=middle)
