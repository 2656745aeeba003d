"""Finds a MobileNetV2 classifier in layers of any format."""

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.infer import infer_classifier
from mobilenetv2.weights.recognize.backbone import trace_backbone
from mobilenetv2.weights.recognize.layers import Average, Convolution, Softmax
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.trace import Trace, refuse_unknown
from mobilenetv2.weights.recognize.words import kind


def trace_classifier(network: ForeignNetwork) -> Trace:
    """Walk from the output back to the picture.

    Raises:
        CheckpointError: the layers are not in the order of a MobileNetV2 classifier, with what
            the file looks like.
    """
    logits, pool = _head(network)
    picture, layers = trace_backbone(pool.source, network, with_last=True)
    layers |= {"pool": pool, "logits": logits}
    return Trace("classifier", picture, layers, infer_classifier)


def _head(network: ForeignNetwork) -> tuple[Convolution, Average]:
    """The layer of logits, and the average it reads."""
    if len(network.outputs) != 1:
        raise CheckpointError(
            f"a classifier has one output, this file has {len(network.outputs)}; "
            + resemblance(network)
        )
    refuse_unknown(network, "classifier")
    output = network.layers[0]
    logits = output.source if isinstance(output, Softmax) else output
    if not isinstance(logits, Convolution) or logits.shape[:2] != (1, 1):
        height, width, _ = logits.shape
        raise CheckpointError(
            f"the file has no classification layer, it ends in {kind(logits)} (a map of "
            f"{height}x{width}; a backbone, a feature extractor?); " + resemblance(network)
        )
    if not isinstance(logits.source, Average):
        raise CheckpointError(
            "a classification layer reads the average over the map, this file's reads "
            f"{kind(logits.source)}; " + resemblance(network)
        )
    return logits, logits.source
