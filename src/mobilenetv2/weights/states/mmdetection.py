"""`ssdlite_mobilenetv2` of open-mmlab/mmdetection, at 320 pixels.

Its first map is the output of the last block at stride 16, and the background is the last class.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.detector import Layout, assemble_detector
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS, rename, strip_prefix
from mobilenetv2.weights.states.ssd_anchors import ssd_anchors
from mobilenetv2.weights.states.torch_file import StateDict

ANCHOR = "backbone.conv1.conv.weight"
SMALL = (48, 100, 150, 202, 253, 304)
LARGE = (100, 150, 202, 253, 304, 320)
"""Pixels of the small square, and of what the large one grows towards, map by map."""

LAYOUT = Layout(
    name="mmdetection ssdlite_mobilenetv2",
    anchors=ssd_anchors(
        [(small / 320, large / 320) for small, large in zip(SMALL, LARGE, strict=True)],
        cell_pixels=(16, 32, 64, 107, 160, 320),
    ),
    preprocessing=replace(TORCHVISION, size=(320, 320), fit="squash"),
    batch_norm_epsilon=1e-3,
    background="last",
    unproved=(
        "mmdetection is not among the runtimes that prove an import; the file was read by its "
        "published configuration ssdlite_mobilenetv2-scratch_8xb24-600e_coco"
    ),
)

BLOCK = re.compile(r"backbone\.layer(\d{1,4})\.(\d{1,4})\.(expand|depthwise|linear)_conv")
EXTRA = re.compile(r"neck\.extra_layers\.(\d{1,4})\.(0|1\.depthwise_conv|1\.pointwise_conv)")
HEAD = re.compile(r"bbox_head\.(cls|reg)_convs\.(\d{1,4})\.(0|1)")
ENDS = {"backbone.conv1": "stem", "backbone.conv2": "last"}
ROLES = {
    "expand": "expand", "depthwise": "depthwise", "linear": "project",
    "0": "squeeze", "1.depthwise_conv": "depthwise", "1.pointwise_conv": "pointwise",
}  # fmt: skip
ARRAYS = {("conv", "weight"): "weight", ("1", "weight"): "weight", ("1", "bias"): "bias"}
KINDS = {"cls": "class", "reg": "box"}


def suits_mmdetection(names: Iterable[str]) -> bool:
    """Whether tensor names are of mmdetection, or of another OpenMMLab project."""
    return any(name.endswith(ANCHOR) for name in names)


def from_mmdetection(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """Import an `ssdlite_mobilenetv2` of any width and number of classes.

    Raises:
        CheckpointError: not such a network.
    """
    arrays = strip_prefix(state.arrays, ANCHOR)
    if not any(name.startswith("bbox_head.") for name in arrays):
        raise CheckpointError(
            f"{state.path} has OpenMMLab's MobileNetV2 without a detector's bbox_head; only "
            "mmdetection's ssdlite_mobilenetv2 can be imported"
        )
    blocks = _blocks(arrays)
    weights = rename(arrays, lambda name: _ours(name, blocks), LAYOUT.name, state.path)
    return assemble_detector(weights, LAYOUT, state, labels)


def _blocks(names: Iterable[str]) -> dict[tuple[int, int], int]:
    """From (layer, repeat), which is how mmdetection counts blocks, to our running number."""
    found = {(int(match[1]), int(match[2])) for match in map(BLOCK.match, names) if match}
    return {place: number for number, place in enumerate(sorted(found))}


def _ours(name: str, blocks: dict[tuple[int, int], int]) -> str | None:
    """A ConvModule is `conv` and `bn`; the last convolution of a head stands alone."""
    module, _, part = name.rpartition(".")
    unit, _, kind = module.rpartition(".")
    node = _predictor(module) if kind == "1" else _node(unit, blocks)
    array = BATCH_NORM_PARTS.get(part) if kind == "bn" else ARRAYS.get((kind, part))
    return f"{node}.{array}" if node and array else None


def _node(unit: str, blocks: dict[tuple[int, int], int]) -> str | None:
    """The node of a ConvModule."""
    if match := BLOCK.fullmatch(unit):
        return f"block{blocks[int(match[1]), int(match[2])]}.{ROLES[match[3]]}"
    if match := EXTRA.fullmatch(unit):
        return f"extra{match[1]}.{ROLES[match[2]]}"
    if (match := HEAD.fullmatch(unit)) and match[3] == "0":
        return f"{KINDS[match[1]]}{match[2]}.depthwise"
    return ENDS.get(unit)


def _predictor(module: str) -> str | None:
    match = HEAD.fullmatch(module)
    return f"{KINDS[match[1]]}{match[2]}" if match and match[3] == "1" else None
