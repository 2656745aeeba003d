"""Weights rounded one after the other, each making up for the errors of those before.

The nearest integers are not the best ones: where inputs go together, as neighboring pixels do, an
error upwards is mended by one downwards. Going through a kernel in turn, what rounding a weight
has changed in the output is spread over the weights that are still to come, by the inputs'
covariance (the closed form of Hassibi's optimal brain surgeon, as GPTQ uses it).
"""

import numpy as np

from mobilenetv2.calibration.moments import Doubles, Moments
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.quantized import Scales, SmallIntegers

MOST = 127
"""A symmetric int8's largest size; -128 has no counterpart."""
DAMPING = 0.01
"""Of the mean variance, added to every input's: windows are few beside a wide kernel's numbers."""


def nearest(weight: Array, scale: Scales) -> SmallIntegers:
    """The nearest integers, int8, of a weight [out, ...] with scales [out]."""
    steps = weight / scale.astype(np.float64)[:, None, None, None]
    return np.clip(np.rint(steps), -MOST, MOST).astype(np.int8)


def round_in_turn(weight: Array, scale: Scales, moments: Moments) -> SmallIntegers:
    """The integers of a convolution's weight.

    Args:
        weight: float32 [out, in / groups, kernel height, kernel width].
        scale: float32 [out].
        moments: of what it reads.

    Returns:
        int8 of the same shape.
    """
    steps = moments.by_kernel(weight / scale.astype(np.float64)[:, None, None, None])
    rounded = moments.as_weight(_in_turn(steps, moments.covariance))
    return rounded.reshape(weight.shape).astype(np.int8)


def _in_turn(steps: Doubles, covariance: Doubles) -> Doubles:
    order = np.argsort(-np.diagonal(covariance, axis1=1, axis2=2).mean(0), kind="stable")
    back = np.argsort(order, kind="stable")
    steps = steps[:, :, order].copy()
    factor = _inverse_factor(covariance[:, order][:, :, order])
    rounded = np.empty_like(steps)
    for index in range(steps.shape[2]):
        rounded[:, :, index] = np.clip(np.rint(steps[:, :, index]), -MOST, MOST)
        error = (steps[:, :, index] - rounded[:, :, index]) / factor[:, None, index, index]
        steps[:, :, index:] -= error[:, :, None] * factor[:, None, index, index:]
    return rounded[:, :, back]


def _inverse_factor(covariance: Doubles) -> Doubles:
    """Upper triangular U with U^T U = inverse of the damped covariance, for each kernel."""
    numbers = covariance.shape[1]
    variance = np.trace(covariance, axis1=1, axis2=2) / numbers
    # A channel that never changes may be rounded as one likes.
    damping = np.where(variance > 0, variance * DAMPING, 1.0)
    damped = covariance + damping[:, None, None] * np.eye(numbers)
    lower = np.linalg.cholesky(np.linalg.inv(damped))
    return lower.transpose(0, 2, 1)
