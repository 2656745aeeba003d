"""The spec whose graph does what a file does, and what is said about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    SSD,
    TABLE_2,
    Classifier,
    DeepLab,
    Embedding,
    Head,
    MobileNetV2,
    Padding,
    Spec,
    SSDLite,
)
from mobilenetv2.weights.infer import Conventions
from mobilenetv2.weights.recognize.differences import differences
from mobilenetv2.weights.recognize.layers import Clamp, Layer
from mobilenetv2.weights.recognize.trace import Trace


def fit_spec(trace: Trace, stored: Mapping[Layer, Clamp]) -> Spec:
    """The spec in the padding convention that fits.

    Args:
        trace: what was found.
        stored: the range of layers that are kept in integers, see `ForeignNetwork.ranges`.

    Raises:
        CheckpointError: the weights are those of a network that computes something else; names
            the first differences.
    """
    shapes = {f"{name}.weight": layer.weight.shape for name, layer in trace.convolutions.items()}
    size = trace.picture.shape[:2]
    conventions: tuple[Padding, ...] = ("tensorflow", "torch")
    ranges = {name: stored[layer] for name, layer in trace.layers.items() if layer in stored}
    attempts: list[tuple[list[str], Spec]] = []
    inferred = trace.infer(shapes, Conventions(size, "tensorflow", None))
    for padding in conventions:
        spec = replace(inferred, padding=padding)
        found = differences(build(spec), trace, ranges)
        if not found:
            return spec
        attempts.append((found, spec))
    found, spec = min(attempts, key=lambda attempt: len(attempt[0]))
    raise CheckpointError(
        f"the weights are those of a {type(spec.backbone).__name__} {spec.width:g}, but "
        f"{len(found)} things differ between it and what the file computes, first: "
        + "; ".join(found[:3])
    )


def in_words(spec: Spec) -> str:
    """What was found, in one line."""
    height, width = spec.size
    name = f"{type(spec.backbone).__name__} {spec.width:g}"
    if isinstance(spec.backbone, MobileNetV2):
        name = "MobileNetV2 with stages of its own"
    if isinstance(spec.backbone, MobileNetV2) and spec.backbone.stages == TABLE_2:
        rounded = "" if spec.backbone.divisor > 1 else " with channels as they come"
        name = f"MobileNetV2 {spec.width:g}{rounded}"
    return (
        f"{name} at {height}x{width}, {_head_in_words(spec.head, spec.output_stride)}, "
        f"{spec.padding} padding, batch norm folded"
    )


def _head_in_words(head: Head, output_stride: int) -> str:
    match head:
        case Classifier():
            hidden = f" behind {head.hidden.channels} hidden" if head.hidden else ""
            by_itself = ", each scored by itself" if head.multi_label else ""
            return f"{head.classes} outputs{hidden}{by_itself}"
        case Embedding():
            return "features without classes"
        case DeepLab():
            branches = f" and {len(head.aspp_rates)} atrous branches" if head.aspp_rates else ""
            return f"DeepLab of {head.classes} classes at output stride {output_stride}{branches}"
        case SSD() | SSDLite():
            return (
                f"{type(head).__name__} of {head.classes} classes on {len(head.anchors.shapes)} "
                f"maps, predictor kernels {head.predictor_kernels}"
            )
        case _:
            assert_never(head)
