"""Finds a MobileNetV2 classifier in layers of any format."""

from functools import partial

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import HiddenActivation, Scores
from mobilenetv2.weights.assemble import ALWAYS_ONE
from mobilenetv2.weights.infer import infer_classifier
from mobilenetv2.weights.recognize.backbone import trace_backbone
from mobilenetv2.weights.recognize.dense import dense_layers
from mobilenetv2.weights.recognize.layers import (
    RELU6,
    Average,
    Convolution,
    Layer,
    Sigmoid,
    Softmax,
)
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.trace import Trace, refuse_unknown
from mobilenetv2.weights.recognize.words import kind


def trace_classifier(network: ForeignNetwork) -> Trace:
    """Walk from the output back to the picture.

    Raises:
        CheckpointError: the layers are not in the order of a MobileNetV2 classifier, with what
            the file looks like; or a softmax of one output.
    """
    *hidden, logits = dense_layers(_logits(network))
    if isinstance(network.layers[0], Softmax) and logits.shape.channels == 1:
        raise CheckpointError(ALWAYS_ONE)
    first = hidden[0] if hidden else logits
    pool = first.source
    if not isinstance(pool, Average):
        raise CheckpointError(
            "a classification layer reads the average over the map, this file's reads "
            f"{kind(pool)}; " + resemblance(network)
        )
    picture, layers = trace_backbone(pool.source, network, with_last=True)
    head: dict[str, Layer] = {"hidden": first, "logits": logits} if hidden else {"logits": logits}
    layers |= {"pool": pool, **head}
    bends: HiddenActivation = "relu6" if first.clamp == RELU6 else "relu"
    several = isinstance(network.layers[0], Sigmoid) and logits.shape.channels > 1
    scores: Scores = "sigmoid" if several else "softmax"
    infer = partial(infer_classifier, activation=bends, scores=scores)
    said = (several_sigmoids(logits.shape.channels),) if several else ()
    return Trace("classifier", picture, layers, infer, said)


def _logits(network: ForeignNetwork) -> Convolution:
    """The last layer with weights."""
    if len(network.outputs) != 1:
        raise CheckpointError(
            f"a classifier has one output, this file has {len(network.outputs)}; "
            + resemblance(network)
        )
    refuse_unknown(network, "classifier")
    output = network.layers[0]
    logits = output.source if isinstance(output, Softmax | Sigmoid) else output
    if not isinstance(logits, Convolution) or logits.shape[:2] != (1, 1):
        height, width, _ = logits.shape
        if isinstance(output, Softmax):
            raise CheckpointError(
                f"the file gives classes for each cell of a map of {height}x{width}, as FOMO "
                "(Edge Impulse) does to find the centers of objects; this package has no such "
                "head. Train a detector on the same pictures: mobilenetv2 train detect"
            )
        raise CheckpointError(
            f"the file has no classification layer, it ends in {kind(logits)} (a map of "
            f"{height}x{width}; a part of a backbone?); " + resemblance(network)
        )
    return logits


def several_sigmoids(classes: int) -> str:
    """How a file is understood whose classes do not exclude each other; one sigmoid alone decides
    between two classes that do.
    """
    return f"{classes} sigmoids, one a class: a picture has none of these labels, one or several"
