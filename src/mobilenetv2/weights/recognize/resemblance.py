"""What a file that cannot be imported looks like, in words for its owner."""

from collections.abc import Iterator, Sequence
from math import isclose

from mobilenetv2.network.build import V1_ROWS, build
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.infer import PUBLISHED_WIDTHS
from mobilenetv2.weights.recognize.layers import Convolution, Picture, ancestry
from mobilenetv2.weights.recognize.network import ForeignNetwork


def resemblance(network: ForeignNetwork) -> str:
    """A clause that begins with "it looks like"."""
    layers = ancestry(network.layers)
    convolutions = [layer for layer in layers if isinstance(layer, Convolution)]
    size = next((layer.shape for layer in layers if isinstance(layer, Picture)), None)
    at = f", input {size.height}x{size.width}" if size else ""
    return f"it looks like {_task(network, convolutions)}{_backbone(network, convolutions)}{at}"


def _task(network: ForeignNetwork, convolutions: Sequence[Convolution]) -> str:
    """What it is for, with "on" behind it where there is more to say than the backbone."""
    names = _plain_names(network)
    if any("detectionpostprocess" in name or "nonmaxsuppression" in name for name in names):
        return "a detector (SSD) with its post-processing inside, on "
    if any(name.startswith(("resize", "upsample")) for name in names) and convolutions:
        classes = convolutions[-1].shape.channels
        return f"a segmentation network (DeepLab) of {classes} classes on "
    if len(network.outputs) > 1:
        return f"a detector (SSD) with {len(network.outputs)} outputs on "
    return ""


def _backbone(network: ForeignNetwork, convolutions: Sequence[Convolution]) -> str:
    channels = [layer.shape.channels for layer in convolutions if layer.depthwise]
    if any("integer" in name for name in _plain_names(network)):
        return (
            "a network whose maps are rounded anew for each picture (dynamic quantisation: import "
            "its float form, or one that quantize_static made)"
        )
    if not channels:
        if not convolutions:
            return f"no convolutional network ({', '.join(network.operations[:4])} ...)"
        return "a network without depthwise convolutions (a ResNet, a VGG)"
    for width, expected in _published():
        if channels[: len(expected)] == expected:
            return f"MobileNetV2 {width:g}"
    base = next(expected for width, expected in _published() if width == 1)
    if len(channels) >= len(base) and _proportional(channels, base):
        width = channels[-1] / base[-1] if len(channels) == len(base) else channels[0] / base[0]
        return f"MobileNetV2 {width:g}, its channels not rounded to multiples of 8"
    first = [32, *(row for row, _ in V1_ROWS[:-1])]
    if len(channels) == len(first) and _proportional(channels, first):
        return f"MobileNetV1 {channels[-1] / first[-1]:g}"
    if _plain_names(network) & {"hardswish", "hardsigmoid", "logistic", "sigmoid"}:
        return "a MobileNetV3 or an EfficientNet (it has sigmoids or hard swishes)"
    return f"a network of {len(convolutions)} convolutions, {len(channels)} of them depthwise"


def _published() -> Iterator[tuple[float, list[int]]]:
    """Each width of the paper with the channels of its depthwise convolutions."""
    for width in PUBLISHED_WIDTHS:
        convs = build(Spec(width=width)).convs
        yield width, [conv.shape.channels for conv in convs if conv.name.endswith(".depthwise")]


def _proportional(channels: Sequence[int], base: Sequence[int]) -> bool:
    ratio = channels[0] / base[0]
    return all(
        isclose(found, ratio * expected) for found, expected in zip(channels, base, strict=False)
    )


def _plain_names(network: ForeignNetwork) -> set[str]:
    return {name.lower().replace("_", "") for name in network.operations}
