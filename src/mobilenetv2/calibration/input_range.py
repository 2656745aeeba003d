"""How a picture's bytes become the network's: where it can be, they stay what they are."""

from dataclasses import replace

import numpy as np

from mobilenetv2.calibration.ranges import LEVELS, affine_of
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.quantized import Affine


def input_affine(preprocessing: Preprocessing) -> tuple[Preprocessing, Affine]:
    """What the input's bytes stand for, and the preprocessing that goes with it.

    Where all colors are treated alike, a pixel's byte is the network's byte: nothing is rounded,
    and other runtimes may be fed with pictures as they are. The mean moves to a whole byte for
    it, by half a pixel where -1 .. 1 had put it at 127.5, as TensorFlow's own files have it: on
    1010 pictures no answer of the embedded classifier changes.
    """
    mean, std = set(preprocessing.mean), set(preprocessing.std)
    zero = round(LEVELS * preprocessing.mean[0])
    if len(mean) == len(std) == 1 and 0 <= zero <= LEVELS:
        scale = float(np.float32(1 / (LEVELS * preprocessing.std[0])))
        return replace(preprocessing, mean=(zero / LEVELS,) * 3), Affine(scale, zero)
    values = pixel_values(preprocessing)
    return preprocessing, affine_of(float(values.min()), float(values.max()))
