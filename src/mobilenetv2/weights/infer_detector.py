"""Finds the spec of a detector, SSD or SSDLite, from the shapes of its convolutions."""

from dataclasses import replace
from itertools import count, takewhile

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.anchors import Anchors, tensorflow_anchors
from mobilenetv2.network.spec import SSD, Backbone, Scores, Spec, SSDLite, Tap
from mobilenetv2.weights.infer import Conventions, Shapes, fit, shape_of, spec_of, weights_of

TAPS: tuple[Tap, ...] = ("expansion", "output")
BoxScales = tuple[float, float, float, float]
BOX_SCALES: BoxScales = (10.0, 10.0, 5.0, 5.0)
"""(y, x, height, width), as nearly all detectors have them."""
MAX_MAPS = 16
"""Published detectors have six or seven; a file with more is taken for an attack."""


def infer_detector(
    shapes: Shapes,
    conventions: Conventions,
    anchors: Anchors | None = None,
    scores: Scores = "softmax",
    box_scales: BoxScales = BOX_SCALES,
) -> Spec:
    """The SSD or SSDLite on a MobileNetV2 whose convolution weights have these shapes.

    Extra layers, predictor kernels, the first map, anchors a cell and classes are read off the
    shapes; the anchors' own shapes cannot be.

    Args:
        shapes: `<node>.weight` -> [out, in / groups, height, width], under our own node names
            (`stem` ... `last`, `extra0.squeeze` ..., `box0`, `class0` ...); other arrays are
            ignored.
        conventions: what the caller knows from elsewhere.
        anchors: None for `tensorflow_anchors()` of as many maps.
        scores: how class logits become scores.
        box_scales: what box offsets are divided by.

    Raises:
        CheckpointError: the shapes are not those of such a network, or the anchors do not fit it.
    """
    weights = weights_of(shapes)
    try:
        head = replace(_head(weights, anchors, scores), box_scales=box_scales)

        def specs(backbone: Backbone, width: float) -> tuple[Spec, ...]:
            heads = (replace(head, tap=tap) for tap in TAPS)
            return tuple(spec_of(backbone, width, tapped, conventions) for tapped in heads)

        return fit(weights, specs, "detector")
    except (SpecError, GraphError) as error:
        raise CheckpointError(f"not a MobileNetV2 detector that can be built: {error}") from error


def anchors_per_cell(shapes: Shapes) -> tuple[int, ...]:
    """How many anchors each cell carries, map by map: a quarter of the box predictors' channels.

    Raises:
        CheckpointError: no box predictors, or channels that do not divide by four.
    """
    weights = weights_of(shapes)
    maps = _count(weights, "box{}.weight")
    channels = [shape_of(weights, f"box{index}")[0] for index in range(max(1, maps))]
    if maps > MAX_MAPS or any(number % 4 or number == 0 for number in channels):
        raise CheckpointError(
            f"a detector has at most {MAX_MAPS} box predictors of four channels an anchor, this "
            f"file's have {channels[:MAX_MAPS]}"
        )
    return tuple(number // 4 for number in channels)


def _head(weights: Shapes, anchors: Anchors | None, scores: Scores) -> SSD | SSDLite:
    per_cell = anchors_per_cell(weights)
    anchors = anchors or tensorflow_anchors(len(per_cell))
    expected = tuple(map(len, anchors.shapes))
    if expected != per_cell:
        raise CheckpointError(
            f"the box predictors have {per_cell} anchors a cell, map by map, but the anchors "
            f"given (or TensorFlow's, if none are) {expected}"
        )
    outputs = shape_of(weights, "class0")[0]
    if outputs % per_cell[0] or outputs <= per_cell[0]:
        raise CheckpointError(
            f"class0 must have a channel for the background and every class of each of its "
            f"{per_cell[0]} anchors, got {outputs}"
        )
    classes = outputs // per_cell[0] - 1
    separable = any(name.startswith(("extra", "box", "class")) for name in weights
                    if name.endswith(".depthwise.weight"))  # fmt: skip
    kernels = tuple(_kernel(weights, index) for index in range(len(per_cell)))
    extras = range(_count(weights, "extra{}.conv.weight", "extra{}.depthwise.weight"))
    if not separable:
        channels = tuple(shape_of(weights, f"extra{index}.conv")[0] for index in extras)
        return SSD(classes, channels, kernels, anchors, scores=scores)
    return SSDLite(
        classes=classes,
        extra_channels=tuple(_extra_channels(weights, index) for index in extras),
        predictor_kernels=kernels,
        anchors=anchors,
        scores=scores,
        extra_expansions=_expansions(weights, len(extras)),
    )


def _kernel(weights: Shapes, index: int) -> int:
    """A separable predictor is a depthwise 3x3 and a 1x1; SSDLite's others are a 1x1 alone."""
    if f"box{index}.depthwise.weight" in weights:
        return 3
    return shape_of(weights, f"box{index}")[2]


def _extra_channels(weights: Shapes, index: int) -> int:
    inverted = f"extra{index}.project.weight" in weights
    return shape_of(weights, f"extra{index}.{'project' if inverted else 'pointwise'}")[0]


def _expansions(weights: Shapes, extras: int) -> tuple[float, ...] | None:
    """The factors of extra layers that are inverted residuals; None where they are not."""
    if "extra0.expand.weight" not in weights:
        return None
    expands = [shape_of(weights, f"extra{index}.expand") for index in range(extras)]
    return tuple(out / max(1, inner) for out, inner, *_ in expands)


def _count(weights: Shapes, *patterns: str) -> int:
    """How many indices from 0 on have one of these names, without a gap."""
    found = takewhile(lambda i: any(p.format(i) in weights for p in patterns), count())
    return sum(1 for _ in found)
