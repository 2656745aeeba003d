"""Weights in turn."""

import numpy as np

from mobilenetv2.calibration.moments import Moments
from mobilenetv2.calibration.rounding import nearest, round_in_turn


def moments(windows: np.ndarray) -> Moments:
    kernels, _, numbers = windows.shape
    found = Moments.none(kernels, numbers, depthwise=kernels > 1)
    found.add(windows.astype(np.float32))
    return found


def test_errors_cancel_where_inputs_go_together():
    random = np.random.default_rng(0)
    together = random.normal(size=(1, 500, 1)) + random.normal(0, 0.1, (1, 500, 9))
    weight = random.normal(size=(4, 9, 1, 1)).astype(np.float32)
    scale = np.full(4, 0.1, np.float32)
    lost = {}
    for name, stored in (
        ("nearest", nearest(weight, scale)),
        ("in turn", round_in_turn(weight, scale, moments(together))),
    ):
        error = (stored * 0.1 - weight)[:, :, 0, 0]
        lost[name] = np.square(together[0] @ error.T).mean()
    assert lost["in turn"] < 0.5 * lost["nearest"]


def test_inputs_that_never_change_leave_weights_to_the_nearest():
    weight = np.random.default_rng(1).normal(size=(3, 1, 3, 3)).astype(np.float32)
    scale = np.full(3, 0.05, np.float32)
    found = round_in_turn(weight, scale, moments(np.ones((3, 10, 9))))
    np.testing.assert_array_equal(found, nearest(weight, scale))
