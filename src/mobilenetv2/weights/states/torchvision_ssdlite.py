"""SSDLite built from torchvision's parts around its MobileNetV2, at 320 pixels.

torchvision publishes its SSDLite with MobileNetV3 only; `SSDLiteFeatureExtractorMobileNet` and
`SSDLiteHead` go around MobileNetV2's `features` in the same way, and so give the names read here.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from mobilenetv2.errors import CheckpointError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.detector import Layout, assemble_detector
from mobilenetv2.weights.states.modules import array_name, nodes_in_turn
from mobilenetv2.weights.states.rename import rename, strip_prefix
from mobilenetv2.weights.states.ssd_anchors import ssd_anchors
from mobilenetv2.weights.states.torch_file import StateDict
from mobilenetv2.weights.states.torchvision import module_names

ANCHOR = "backbone.features.0.0.0.weight"
FEATURES = re.compile(r"backbone\.features\.([01])\.(\d{1,4})\.(.+)")
MAPS = 6
MIN_SCALE, MAX_SCALE = 0.2, 0.95
SCALES = (
    *(MIN_SCALE + (MAX_SCALE - MIN_SCALE) * index / (MAPS - 1) for index in range(MAPS)),
    1.0,
)
"""Sides of the small squares map by map, as shares of the input, and what the last grows to."""

LAYOUT = Layout(
    name="torchvision SSDLite",
    anchors=ssd_anchors(list(pairwise(SCALES)), clip=True),
    preprocessing=Preprocessing(size=(320, 320), fit="squash"),
    batch_norm_epsilon=1e-3,
    runtime="torchvision",
    notes=(
        "batch norm epsilon 0.001 in every layer, as torchvision's SSDLite has it; the file "
        "does not say",
    ),
)


def suits_torchvision_ssdlite(names: Iterable[str]) -> bool:
    """Whether tensor names are of this family."""
    return any(name.endswith(ANCHOR) for name in names)


def from_torchvision_ssdlite(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """Import torchvision's SSDLite on a MobileNetV2 of any width and number of classes.

    Raises:
        CheckpointError: not such a network.
    """
    arrays = strip_prefix(state.arrays, ANCHOR)
    nodes = _nodes(arrays, state)
    weights = rename(arrays, lambda name: array_name(name, nodes, arrays), LAYOUT.name, state.path)
    return assemble_detector(weights, LAYOUT, state, labels)


def _nodes(arrays: Weights, state: StateDict) -> dict[str, str]:
    path = state.path
    classifier = _classifier_names(arrays, state)
    backbone = {classifier[name]: array for name, array in arrays.items() if name in classifier}
    modules = module_names(backbone, path)
    nodes = {
        name.rpartition(".")[0]: modules[flat.rpartition(".")[0]]
        for name, flat in classifier.items()
        if flat.rpartition(".")[0] in modules
    }
    for index in range(MAPS - 2):
        roles = [f"extra{index}.{role}" for role in ("squeeze", "depthwise", "pointwise")]
        nodes |= nodes_in_turn(arrays, f"backbone.extra.{index}", roles, path)
    for kind, part in (("box", "regression_head"), ("class", "classification_head")):
        for index in range(MAPS):
            roles = [f"{kind}{index}.depthwise", f"{kind}{index}"]
            nodes |= nodes_in_turn(arrays, f"head.{part}.module_list.{index}", roles, path)
    return nodes


def _classifier_names(arrays: Weights, state: StateDict) -> dict[str, str]:
    """From the backbone's names to those of torchvision's classifier.

    `features.0` is the classifier's modules up to the expansion of the block whose expansion is
    the first map, `features.1` the rest of that block and what follows.
    """
    found = [(name, FEATURES.fullmatch(name)) for name in arrays]
    parts = {name: match.groups() for name, match in found if match}
    cut = max(int(number) for half, number, _ in parts.values() if half == "0")
    names = {}
    for name, (half, number, rest) in parts.items():
        if rest.startswith("block."):
            raise CheckpointError(
                f"{state.path} is a torchvision SSDLite on a MobileNetV3 ({name}); only "
                "MobileNetV2 can be imported"
            )
        place = int(number) + (cut if half == "1" else 0)
        conv = "conv.0." if half == "0" and place == cut else "conv."
        names[name] = f"features.{place}.{conv if place == cut else ''}{rest}"
    return names
