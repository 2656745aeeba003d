"""A quantised checkpoint as an ordinary one, for all that works with real numbers."""

from dataclasses import replace
from math import isclose

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint


def to_float(checkpoint: Checkpoint) -> Checkpoint:
    """The float32 network that the integers stand for; one without integers comes back as it is.

    Nothing is rounded any more between its layers, so its answers are not the quantised
    network's to the last digit.
    """
    if checkpoint.quantization is None:
        return checkpoint
    return replace(
        checkpoint,
        weights=dict(checkpoint.weights),
        preprocessing=centered(checkpoint.preprocessing),
        quantization=None,
    )


def centered(preprocessing: Preprocessing) -> Preprocessing:
    """Pixels from -1 to 1 where a zero point kept them half a pixel off.

    Black at -1 and white at 1 put 0 at 127.5, but integers say 127 or 128. The network was trained
    with the half: of 500 pictures TensorFlow's int8 file, as floats, makes one more right with it.
    """
    mean, half_a_pixel = preprocessing.mean, 0.5 / 255
    symmetric = all(isclose(std, 0.5, rel_tol=1e-3) for std in preprocessing.std)
    if symmetric and all(abs(value - 0.5) < 1.01 * half_a_pixel for value in mean):
        return replace(preprocessing, mean=(0.5, 0.5, 0.5))
    return preprocessing
