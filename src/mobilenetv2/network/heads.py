"""The heads on a backbone: classifier, embedding, SSD and SSDLite, Mobile DeepLabv3."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mobilenetv2.errors import SpecError
from mobilenetv2.network.builder import Builder
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, SSDLite


class Taps(NamedTuple):
    """Where heads attach to a backbone: names of nodes.

    `last` is the last feature map, `trunk` the one before the last 1x1 convolution (the
    "second last feature map" of section 6.3), `middle` SSD's first map: the expansion of the
    first block that works at stride 32, so itself at stride 16 (section 6.2), and `middle_output`
    what that block reads.
    """

    last: str
    trunk: str
    middle: str | None
    middle_output: str | None = None


def classifier(builder: Builder, head: Classifier, taps: Taps) -> Graph:
    """Average pool, perhaps a layer `hidden`, class logits [1, 1, classes] named `logits`."""
    source = builder.global_average("pool", taps.last)
    if head.hidden is not None:
        source = builder.dense("hidden", source, head.hidden.channels, head.hidden.activation)
    return builder.finish(builder.predictor("logits", source, head.classes))


def embedding(builder: Builder, taps: Taps) -> Graph:
    """Average pool, [1, 1, channels] named `pool`: what a classifier's layers would read."""
    return builder.finish(builder.global_average("pool", taps.last))


def ssd(builder: Builder, head: SSD, taps: Taps) -> Graph:
    """Maps `box0`, `class0` .. `box5`, `class5`, finest first.

    Each cell holds per anchor four box offsets, or classes + 1 logits (0 is the background).
    """
    maps = [_first_map(head, taps), taps.last]
    for index, channels in enumerate(head.extra_channels):
        squeezed = builder.conv(f"extra{index}.squeeze", maps[-1], channels // 2)
        maps.append(builder.conv(f"extra{index}.conv", squeezed, channels, kernel=3, stride=2))

    def predictor(name: str, source: str, kernel: int, channels: int) -> str:
        return builder.predictor(name, source, channels, kernel=kernel)

    return _finish_detector(builder, head, maps, predictor)


def ssdlite(builder: Builder, head: SSDLite, taps: Taps) -> Graph:
    """As `ssd`, with every 3x3 convolution split into depthwise and pointwise.

    The paper names the prediction layers alone; its parameter count (Table 5, 2.1M) and the
    released system make the extra layers separable as well.
    """
    maps = [_first_map(head, taps), taps.last]
    for index, channels in enumerate(head.extra_channels):
        source = maps[-1]
        if head.extra_expansions is None:
            squeezed = builder.conv(f"extra{index}.squeeze", source, channels // 2)
            filtered = builder.depthwise(f"extra{index}.depthwise", squeezed, stride=2)
            maps.append(builder.conv(f"extra{index}.pointwise", filtered, channels))
        else:
            inner = round(builder.shape(source).channels * head.extra_expansions[index])
            expanded = builder.conv(f"extra{index}.expand", source, inner)
            filtered = builder.depthwise(f"extra{index}.depthwise", expanded, stride=2)
            project = f"extra{index}.project"
            maps.append(builder.conv(project, filtered, channels, activation="none"))

    def predictor(name: str, source: str, kernel: int, channels: int) -> str:
        if kernel == 3:
            source = builder.depthwise(f"{name}.depthwise", source)
        return builder.predictor(name, source, channels)

    return _finish_detector(builder, head, maps, predictor)


def _finish_detector(
    builder: Builder,
    head: SSD | SSDLite,
    maps: Sequence[str],
    predictor: Callable[[str, str, int, int], str],
) -> Graph:
    outputs = []
    for index, (source, kernel) in enumerate(zip(maps, head.predictor_kernels, strict=True)):
        anchors = head.anchors.per_cell(index)
        outputs.append(predictor(f"box{index}", source, kernel, anchors * 4))
        outputs.append(predictor(f"class{index}", source, kernel, anchors * (head.classes + 1)))
    return builder.finish(*outputs)


def deeplab(builder: Builder, head: DeepLab, taps: Taps) -> Graph:
    """Class logits at the size of the last map, under the name `logits`; upsampling is the task's.

    Reads the trunk, not the 1280 channels after it: the asterisk of Table 7.
    """
    size = builder.shape(taps.trunk)[:2]
    epsilon = head.batch_norm_epsilon

    def branch(name: str, source: str, kernel: int = 1, rate: int = 1) -> str:
        return builder.conv(
            f"aspp.{name}", source, head.channels,
            kernel=kernel, dilation=rate, activation="relu", epsilon=epsilon,
        )  # fmt: skip

    pooled = branch("image", builder.global_average("aspp.pool", taps.trunk))
    branches = [builder.resize("aspp.resize", pooled, size), branch("point", taps.trunk)]
    for index, rate in enumerate(head.aspp_rates):
        branches.append(branch(f"atrous{index}", taps.trunk, kernel=3, rate=rate))
    joined = branch("project", builder.concat("aspp.concat", tuple(branches)))
    return builder.finish(builder.predictor("logits", joined, head.classes))


def _first_map(head: SSD | SSDLite, taps: Taps) -> str:
    tap = taps.middle if head.tap == "expansion" else taps.middle_output
    if tap is None:
        raise SpecError(
            "SSD and SSDLite need a backbone with a map at stride 16 (MobileNetV2 or "
            "MobileNetV1), got ResNet101"
        )
    return tap
