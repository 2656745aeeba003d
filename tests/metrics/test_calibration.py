"""Scores against shares of right answers, by hand and where the right temperature is known."""

import numpy as np
import pytest

from mobilenetv2.metrics.calibration import (
    ENOUGH,
    calibration_errors,
    expected_calibration_error,
    fit_temperature,
)


def drawn(temperature: float, pictures: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and answers drawn with the chances of the logits over `temperature`."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (pictures, 5))
    chances = np.exp(logits / temperature)
    chances /= chances.sum(1, keepdims=True)
    return logits, (chances.cumsum(1) < random.random((pictures, 1))).sum(1)


def test_the_error_by_hand():
    # Two bins: 0.9, 0.9 with one right (gap 0.4), and 0.6 with none (gap 0.6): (0.8 + 0.6) / 3.
    error = expected_calibration_error([0.9, 0.9, 0.6], [True, False, False])
    assert error == pytest.approx(1.4 / 3)


def test_within_a_bin_too_bold_and_too_cautious_make_up_for_each_other():
    assert expected_calibration_error([0.5, 0.5], [True, False]) == 0
    assert expected_calibration_error([1.0, 0.0], [True, False]) == 0
    assert expected_calibration_error([], []) == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_answers_is_found(temperature: float):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.1)


def test_of_many_pictures_some_are_enough():
    logits, answers = drawn(2.0, 3 * ENOUGH)
    whole = fit_temperature(logits, answers)
    assert whole == pytest.approx(2.0, rel=0.05)
    # Those that are not looked at may be anything: the first and the last are.
    logits[1] = np.nan
    assert fit_temperature(logits, answers) == whole


def test_a_handful_of_right_answers_does_not_make_scores_certain():
    logits = np.array([[2.0, 0.0]] * 5)
    assert 0.3 < fit_temperature(logits, np.zeros(5, int)) < 0.9
    assert fit_temperature(np.zeros((0, 2)), np.zeros(0, int)) == 1


def test_what_is_too_bold_is_mended_for_pictures_that_were_not_fitted():
    before, after = calibration_errors(*drawn(3.0))
    assert before > 0.15
    assert after < 0.03


def test_one_picture_is_judged_as_it_is():
    before, after = calibration_errors(np.array([[1.0, 0.0]]), np.array([0]))
    assert before == after == pytest.approx(1 - 1 / (1 + np.exp(-1)))
