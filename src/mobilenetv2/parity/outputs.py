"""Ours against the outputs of a runtime that gives logits or probabilities."""

import numpy as np

from mobilenetv2.parity.compare import LayerParity, Parity, compare
from mobilenetv2.parity.logits import Images, network_inputs, our_logits
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign


def compare_outputs(
    foreign: Foreign,
    images: Images,
    theirs: Array,
    version: str,
    *,
    probabilities: bool,
    layers: LayerParity | None = None,
) -> Parity:
    """Measure our reference against what the file's own runtime gave for the same pictures.

    Args:
        foreign: the import to be proved.
        images: uint8 [height, width, 3] each, at the network's input size.
        theirs: float32 [pictures, outputs]; a background in front that we dropped is left out,
            and probabilities are made to sum to one again without it.
        version: of the runtime.
        probabilities: whether `theirs` went through a softmax.
        layers: the proof layer by layer, where there is one.
    """
    checkpoint = foreign.checkpoint
    ours = our_logits(checkpoint, network_inputs(checkpoint, images))
    background = theirs.shape[1] == checkpoint.spec.head.classes + 1
    if background:
        theirs = theirs[:, 1:]
    if probabilities:
        ours = softmax(ours)
        if background:
            total = theirs.sum(axis=1, keepdims=True)
            theirs = np.divide(theirs, total, out=np.zeros_like(theirs), where=total > 0)
    return compare(
        ours,
        theirs,
        "probabilities" if probabilities else "logits",
        str(foreign.runtime),
        version,
        layers,
    )
