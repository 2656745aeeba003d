"""Finds a MobileNetV2 without its classifier: a file that gives the features it would judge by."""

from math import isclose

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.assemble import FEATURES
from mobilenetv2.weights.infer import infer_extractor
from mobilenetv2.weights.recognize.backbone import trace_backbone
from mobilenetv2.weights.recognize.dense import reads_pooled
from mobilenetv2.weights.recognize.layers import Average, Convolution, Layer
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.trace import Trace, refuse_unknown

UNPOOLED = "the file itself gives the map of {0}x{1}"


def ends_in_features(output: Layer) -> bool:
    """Whether a file's output is a pooled map, or the last map of a backbone.

    The last 1x1 convolution widens the map (MobileNetV1's keeps it); one that narrows it gives
    classes for each cell.
    """
    if isinstance(output, Average):
        return True
    return (
        isinstance(output, Convolution)
        and output.weight.shape[2:] == (1, 1)
        and output.groups == 1
        and output.shape.channels >= output.source.shape.channels
        and not reads_pooled(output)
        and isinstance(output.source, Convolution)
    )


def trace_extractor(network: ForeignNetwork) -> Trace:
    """Walk from the features back to the picture.

    Raises:
        CheckpointError: the layers are not in the order of a MobileNetV2, with what the file looks
            like, or the features are multiplied by something.
    """
    refuse_unknown(network, "feature extractor")
    (output,) = network.layers
    said: tuple[str, ...] = (FEATURES,)
    pool = output
    if not isinstance(pool, Average):
        height, width, _ = output.shape
        said = (FEATURES, UNPOOLED.format(height, width))
        pool = Average(output.tensor, output.shape._replace(height=1, width=1), output)
    if not isclose(pool.factor, 1, rel_tol=1e-5):
        raise CheckpointError(
            "a feature extractor gives the average over its last map, this file's is multiplied by "
            f"{pool.factor:g}; export it without"
        )
    picture, layers = trace_backbone(pool.source, network, with_last=True)
    return Trace("feature extractor", picture, {**layers, "pool": pool}, infer_extractor, said)
