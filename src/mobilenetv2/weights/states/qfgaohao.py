"""`mb2-ssd-lite` of qfgaohao/pytorch-ssd (`create_mobilenetv2_ssd_lite`), at 300 pixels.

Its first map is the expansion of the first block at stride 32, its extra layers are inverted
residuals, its last predictors plain 1x1 convolutions. Channels are cut, not rounded, at widths
below one.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.detector import Layout, assemble_detector
from mobilenetv2.weights.states.modules import array_name, modules_under, nodes_in_turn
from mobilenetv2.weights.states.rename import rename, strip_prefix
from mobilenetv2.weights.states.ssd_anchors import ssd_anchors
from mobilenetv2.weights.states.torch_file import StateDict
from mobilenetv2.weights.states.torchvision import module_names

ANCHOR = "base_net.0.0.weight"
MAPS = 6
SIDES = (60, 105, 150, 195, 240, 285, 330)
"""Pixels of the small square on each map; the next is what its large one grows towards."""

LAYOUT = Layout(
    name="pytorch-ssd mb2-ssd-lite",
    anchors=ssd_anchors(
        [(small / 300, large / 300) for small, large in pairwise(SIDES)],
        cell_pixels=(16, 32, 64, 100, 150, 300),
        clip=True,
    ),
    preprocessing=Preprocessing(
        size=(300, 300), fit="squash", mean=(127 / 255,) * 3, std=(128 / 255,) * 3
    ),
    batch_norm_epsilon=1e-5,
    unproved=(
        "no package that can be installed runs the networks of qfgaohao/pytorch-ssd; they were "
        "read by that repository's published layout"
    ),
    notes=("activations taken for ReLU6: with onnx_compatible=True the file would look the same",),
)


def suits_qfgaohao(names: Iterable[str]) -> bool:
    """Whether tensor names are of this family."""
    return any(name.endswith(ANCHOR) for name in names)


def from_qfgaohao(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """Import an `mb2-ssd-lite` of any width and number of classes.

    Raises:
        CheckpointError: not such a network.
    """
    arrays = strip_prefix(state.arrays, ANCHOR)
    nodes = _nodes(arrays, state)
    weights = rename(arrays, lambda name: array_name(name, nodes, arrays), LAYOUT.name, state.path)
    return assemble_detector(weights, LAYOUT, state, labels)


def _nodes(arrays: Weights, state: StateDict) -> dict[str, str]:
    path = state.path
    backbone = {
        name.replace("base_net.", "features.", 1): array
        for name, array in arrays.items()
        if name.startswith("base_net.")
    }
    nodes = {
        module.replace("features.", "base_net.", 1): node
        for module, node in module_names(backbone, path).items()
    }
    for index in _numbers(arrays, "extras"):
        roles = [f"extra{index}.{role}" for role in ("expand", "depthwise", "project")]
        nodes |= nodes_in_turn(arrays, f"extras.{index}", roles, path)
    for kind, group in (("box", "regression_headers"), ("class", "classification_headers")):
        for index in range(MAPS):
            plain = len(modules_under(arrays, f"{group}.{index}")) == 1
            roles = [f"{kind}{index}"] if plain else [f"{kind}{index}.depthwise", f"{kind}{index}"]
            nodes |= nodes_in_turn(arrays, f"{group}.{index}", roles, path)
    return nodes


def _numbers(names: Iterable[str], group: str) -> list[int]:
    pattern = re.compile(group + r"\.(\d{1,4})\.")
    return sorted({int(match[1]) for match in map(pattern.match, names) if match})
