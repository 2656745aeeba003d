"""Finds the predictors of a detector behind its outputs, tables of rows or the maps themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Scores
from mobilenetv2.weights.recognize.layers import (
    Convolution,
    Layer,
    Rows,
    Sigmoid,
    Softmax,
    ancestry,
)
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.words import kind

BOX = 4
"""Numbers of a box: its offsets in y, x, height and width."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictors:
    """The last convolutions of a detector, map by map, the finest first."""

    boxes: tuple[Convolution, ...]
    classes: tuple[Convolution, ...]
    features: tuple[Layer, ...]
    """The maps that they read, a depthwise filter of their own looked through."""
    scores: Scores
    decisions: tuple[str, ...]


def find_predictors(network: ForeignNetwork) -> Predictors:
    """The predictors of boxes and of classes.

    Raises:
        CheckpointError: outputs that are neither two tables, [1, anchors, 4] and
            [1, anchors, classes + 1], nor two maps a feature map.
    """
    tables = [_behind_scores(layer) for layer in network.layers]
    if all(isinstance(layer, Rows) for layer in tables) and len(tables) == 2:
        boxes, classes = _by_table(network, tables)
    else:
        boxes, classes = _by_map(network, [*network.layers])
    features = [_feature(layer) for layer in boxes]
    same_maps = [id(layer) for layer in features] == [id(_feature(layer)) for layer in classes]
    if not same_maps or {*map(id, boxes)} & {*map(id, classes)}:
        raise CheckpointError(
            "boxes and classes must have predictors of their own on the same maps in the same "
            f"order; this file's {len(boxes)} and {len(classes)} have not; " + resemblance(network)
        )
    scores, decision = _scores(network)
    return Predictors(tuple(boxes), tuple(classes), tuple(features), scores, (decision,))


def _by_table(
    network: ForeignNetwork, tables: Sequence[Layer]
) -> tuple[list[Convolution], list[Convolution]]:
    first, second = tables
    # With three classes both have four numbers; what became scores is no box.
    scored = network.layers[0] is not first
    if second.shape.channels == BOX and (scored or first.shape.channels != BOX):
        first, second = second, first
    if first.shape.channels != BOX or first.shape.height != second.shape.height:
        raise CheckpointError(
            "a detector's outputs are [1, anchors, 4] and [1, anchors, classes + 1], this file's "
            f"are {', '.join(str([1, t.shape.height, t.shape.channels]) for t in tables)}; "
            + resemblance(network)
        )
    return _convolutions(network, _maps(first)), _convolutions(network, _maps(second))


def _by_map(
    network: ForeignNetwork, maps: Sequence[Layer]
) -> tuple[list[Convolution], list[Convolution]]:
    """Two outputs for each map; the one whose channels are four an anchor holds the boxes."""
    groups: dict[int, list[Convolution]] = {}
    for layer in _convolutions(network, maps):
        groups.setdefault(id(_feature(layer)), []).append(layer)
    place = {id(layer): i for i, layer in enumerate(ancestry(network.layers))}
    pairs = [groups[feature] for feature in sorted(groups, key=lambda key: place[key])]
    for order in (slice(None), slice(None, None, -1)):
        ordered = [pair[order] for pair in pairs]
        if all(len(pair) == 2 for pair in pairs) and _same_classes(ordered):
            return [boxes for boxes, _ in ordered], [classes for _, classes in ordered]
    raise CheckpointError(
        "a detector gives two tables, [1, anchors, 4] and [1, anchors, classes + 1], or for every "
        "map one output of 4 and one of classes + 1 channels an anchor; this file's outputs are "
        f"{', '.join(str([1, *layer.shape]) for layer in maps[:12])}; " + resemblance(network)
    )


def _same_classes(pairs: Sequence[Sequence[Convolution]]) -> bool:
    """Whether (boxes, classes) of every map speak of one and the same number of classes."""
    numbers = set()
    for boxes, classes in pairs:
        anchors, rest = divmod(boxes.shape.channels, BOX)
        if rest or not anchors or classes.shape.channels % anchors:
            return False
        numbers.add(classes.shape.channels // anchors)
    return len(numbers) == 1 and min(numbers) > 1


def _convolutions(network: ForeignNetwork, layers: Sequence[Layer]) -> list[Convolution]:
    found = [layer for layer in layers if isinstance(layer, Convolution)]
    strange = [layer for layer in layers if not isinstance(layer, Convolution)]
    if strange:
        raise CheckpointError(
            f"a detector's outputs come from convolutions, this file's from {kind(strange[0])} "
            f"({strange[0].tensor!r}); export it without decoding, filtering or non-maximum "
            "suppression; " + resemblance(network)
        )
    return found


def _feature(layer: Convolution) -> Layer:
    source = layer.source
    one_by_one = layer.weight.shape[2:] == (1, 1)
    if one_by_one and isinstance(source, Convolution) and source.depthwise:
        return source.source
    return source


def _maps(layer: Layer) -> tuple[Layer, ...]:
    return layer.maps if isinstance(layer, Rows) else (layer,)


def _behind_scores(layer: Layer) -> Layer:
    return layer.source if isinstance(layer, Softmax | Sigmoid) else layer


def _scores(network: ForeignNetwork) -> tuple[Scores, str]:
    """How logits become scores, and why it is thought so."""
    for layer in network.layers:
        match layer:
            case Softmax():
                return "softmax", "scores: the file ends in a softmax"
            case Sigmoid():
                return "sigmoid", "scores: the file ends in a sigmoid"
            case _:
                continue
    known: Scores = "sigmoid" if network.runtime == "litert" else "softmax"
    return known, f"scores: the file ends in logits; taken as {known}, as is usual in such files"
