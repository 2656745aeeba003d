"""From the outputs of our graph to those of a foreign file, which may go on behind them."""

from collections.abc import Mapping

import numpy as np

from mobilenetv2.engine.reference import resize
from mobilenetv2.errors import ParityError
from mobilenetv2.network import graph
from mobilenetv2.parity.compare import LayerParity, Parity, Quantity, compare
from mobilenetv2.tasks.classify import logistic, softmax
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.recognize.layers import ArgMax, Layer, Resize, Rows, Sigmoid, Softmax
from mobilenetv2.weights.recognize.trace import Trace
from mobilenetv2.weights.recognize.words import kind


def like_the_file(layer: Layer, trace: Trace, outputs: Mapping[str, Array]) -> Array:
    """What one of a file's outputs should be, [1, height, width, channels].

    Args:
        layer: the file's output.
        trace: which of its layers are our nodes.
        outputs: our graph's, of one picture, float32 [1, height, width, channels] each.

    Raises:
        ParityError: something behind our outputs that cannot be done here.
    """
    name = trace.names.get(id(layer), "")
    if name in outputs:
        return outputs[name]
    match layer:
        case Softmax():
            scores = softmax(like_the_file(layer.source, trace, outputs))
            return np.log(scores) if layer.logarithm else scores
        case Sigmoid():
            return logistic(like_the_file(layer.source, trace, outputs))
        case ArgMax():
            channels = like_the_file(layer.source, trace, outputs)
            largest: Array = channels.argmax(axis=3).astype(np.float32)
            return largest[..., None]
        case Resize() if layer.alignment != "asymmetric":
            node = graph.Resize(layer.tensor, "", layer.shape, layer.alignment)
            return resize(node, like_the_file(layer.source, trace, outputs))
        case Rows():
            parts = [like_the_file(part, trace, outputs) for part in layer.maps]
            return np.concatenate([p.reshape(1, -1, 1, layer.shape.channels) for p in parts], 1)
        case _:
            raise ParityError(
                f"the file ends in {kind(layer)} ({layer.tensor!r}), which cannot be compared"
            )


def compare_classes(
    logits: Array,
    theirs: Array,
    probabilities: bool,
    runtime: str,
    version: str,
    layers: LayerParity | None = None,
    *,
    each: bool = False,
) -> Parity:
    """Our logits against a classifier file's output.

    A background in front that we dropped is left out; our probabilities sum to what it leaves to
    the others. Not theirs to one: probabilities in 8 bits lose all that is below 1/256.

    Args:
        logits: ours, float32 [pictures, classes].
        theirs: [pictures, classes], or one more with the background in front, or a single output
            that we read as two classes.
        probabilities: whether the file ends in a softmax or a sigmoid.
        runtime: who ran it.
        version: of the runtime.
        layers: what was found layer by layer.
        each: whether the file's probabilities are sigmoids, one a class.
    """
    theirs = as_two_classes(theirs, logits.shape[1], probabilities)
    background = theirs.shape[1] == logits.shape[1] + 1
    scored = logistic if each else softmax
    ours = scored(logits) if probabilities else logits
    if probabilities and background:
        ours = ours * (1 - theirs[:, :1])
    quantity: Quantity = "probabilities" if probabilities else "logits"
    return compare(
        ours, theirs[:, 1:] if background else theirs, quantity, runtime, version, layers
    )


def as_two_classes(theirs: Array, classes: int, probabilities: bool) -> Array:
    """A single output z as the logits 0 and z, or p as 1 - p and p; others as they are.

    Args:
        theirs: [pictures, outputs].
        classes: how many we have.
        probabilities: whether they are behind a sigmoid.
    """
    if theirs.shape[1] != 1 or classes != 2:
        return theirs
    other = 1 - theirs if probabilities else np.zeros_like(theirs)
    return np.concatenate([other, theirs], axis=1)
