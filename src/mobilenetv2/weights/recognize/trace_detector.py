"""Finds an SSD or SSDLite in layers of any format."""

from functools import partial

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.weights.infer_detector import infer_detector
from mobilenetv2.weights.recognize.anchor_table import anchors_of_table
from mobilenetv2.weights.recognize.backbone import trace_backbone
from mobilenetv2.weights.recognize.layers import Convolution, Layer
from mobilenetv2.weights.recognize.network import Decoding, ForeignNetwork
from mobilenetv2.weights.recognize.predictors import Predictors, find_predictors
from mobilenetv2.weights.recognize.pyramid import refuse_pyramid
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.trace import Trace, refuse_unknown
from mobilenetv2.weights.recognize.words import kind

ANCHORS = (
    "anchors and box scales from the file's own decoding; what it does after that, suppression, is "
    "done here by this package's rules"
)


def trace_detector(network: ForeignNetwork) -> Trace:
    """Walk from the predictors back to the picture.

    Raises:
        CheckpointError: the layers are not in the order of an SSD, with what the file looks like.
    """
    refuse_pyramid(network)
    refuse_unknown(network, "detector")
    predictors = find_predictors(network)
    maps = predictors.features
    if len(maps) < 2:
        raise CheckpointError(
            f"a detector has predictors on two maps or more, this file on {len(maps)}; "
            + resemblance(network)
        )
    picture, layers = trace_backbone(maps[1], network, with_last=True)
    for index in range(len(maps) - 2):
        layers |= _extra_layer(index, maps[index + 1], maps[index + 2], network)
    layers |= _predictor_layers(predictors)
    infer = partial(infer_detector, scores=predictors.scores)
    decisions = predictors.decisions
    if network.decoding is not None:
        anchors, scales = _decoded(network.decoding, predictors, picture.shape[:2])
        infer = partial(infer, anchors=anchors, box_scales=scales)
        decisions = (*decisions, ANCHORS)
    return Trace("detector", picture, layers, infer, decisions)


def _decoded(
    decoding: Decoding, predictors: Predictors, size: tuple[int, int]
) -> tuple[Anchors, tuple[float, float, float, float]]:
    """Anchors and scales from the operator that decodes the boxes.

    Raises:
        CheckpointError: a table that is not of these maps, or classes without a background.
    """
    boxes, classes = predictors.boxes[0].shape, predictors.classes[0].shape
    outputs = classes.channels * 4 // boxes.channels
    if outputs != decoding.classes + 1:
        raise CheckpointError(
            f"a detector predicts the background and every class, {decoding.classes + 1} numbers "
            f"an anchor, this file {outputs}"
        )
    table = anchors_of_table(decoding.anchors, predictors.boxes, size, decoding.rounding)
    return table, decoding.box_scales


def _extra_layer(
    index: int, source: Layer, target: Layer, network: ForeignNetwork
) -> dict[str, Layer]:
    """The convolutions between one map and the next, by their names in our graph."""
    chain: list[Convolution] = []
    layer = target
    while layer is not source and isinstance(layer, Convolution) and len(chain) < 4:
        chain.insert(0, layer)
        layer = layer.source
    names: tuple[str, ...] = ()
    match [step.depthwise for step in chain] if layer is source else []:
        case [False, False]:
            names = ("squeeze", "conv")
        case [False, True, False]:
            # An inverted residual ends without an activation, a separable layer with one.
            linear = chain[-1].clamp[0] < 0
            names = (
                ("expand", "depthwise", "project") if linear
                else ("squeeze", "depthwise", "pointwise")
            )  # fmt: skip
    if not names:
        raise CheckpointError(
            f"between map {index + 1} and map {index + 2} a detector has two convolutions, or "
            f"three with the middle one depthwise; this file has {kind(target)} "
            f"({target.tensor!r}) that does not come from the map before; " + resemblance(network)
        )
    return {f"extra{index}.{name}": step for name, step in zip(names, chain, strict=True)}


def _predictor_layers(predictors: Predictors) -> dict[str, Layer]:
    found: dict[str, Layer] = {}
    for name, convolutions in (("box", predictors.boxes), ("class", predictors.classes)):
        for index, layer in enumerate(convolutions):
            found[f"{name}{index}"] = layer
            if layer.source is not predictors.features[index]:
                found[f"{name}{index}.depthwise"] = layer.source
    return found
