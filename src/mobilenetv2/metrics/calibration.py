"""Whether scores mean what they say, and the one number that makes them.

A temperature divides all logits: the order of a picture's answers stays, and the scores become as
bold or as cautious as the answers deserve (arXiv 1706.04599).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mobilenetv2.metrics.reliability import BINS, reliability

COLDEST, HOTTEST = 0.1, 10.0
"""Between which a temperature is looked for."""

ENOUGH = 5000
"""Pictures that tell the temperature to some 2 %; of 50 000 with a thousand classes a fit would
take a minute, and every evaluation of a run makes three."""

PRIOR_SPREAD = 0.5
"""Of the temperature's logarithm around 0. It outweighs some ten pictures: of a handful that are
all answered right the likeliest temperature would be 0, and every score 1."""

Doubles = npt.NDArray[np.float64]


def expected_calibration_error(
    scores: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS
) -> float:
    """How far scores and shares of right answers are apart, on average over the pictures.

    Args:
        scores: of each picture's first answer, 0..1.
        right: whether that answer is right.
        bins: of pictures with like scores, within which the two are compared.

    Returns:
        0..1; 0 for no picture.

    Raises:
        ValueError: as `reliability`.
    """
    return reliability(scores, right, bins).error


def fit_temperature(logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The temperature under which the targets are likeliest, drawn towards 1 by a weak prior.

    Args:
        logits: [pictures, classes].
        targets: class indices, [pictures]; of more than `ENOUGH`, so many spread over them count.

    Returns:
        Within `COLDEST`..`HOTTEST`; 1 for no picture.
    """
    given, wanted = np.asarray(logits, np.float64), np.asarray(targets, np.int64)
    if not given.size:
        return 1.0
    if len(given) > ENOUGH:
        some = np.linspace(0, len(given) - 1, ENOUGH).round().astype(int)
        given, wanted = given[some], wanted[some]
    return _likeliest(lambda point: _cost(given, wanted, point))


def fit_label_temperature(logits: npt.ArrayLike, has: npt.ArrayLike) -> float:
    """The same of labels each scored by itself.

    Args:
        logits: [pictures, labels].
        has: bool [pictures, labels]; of very many, pictures spread over them count.

    Returns:
        Within `COLDEST`..`HOTTEST`; 1 for no picture.
    """
    given, true = np.asarray(logits, np.float64), np.asarray(has, np.bool_)
    if not given.size:
        return 1.0
    most = max(1, 100 * ENOUGH // given.shape[1])
    if len(given) > most:
        some = np.linspace(0, len(given) - 1, most).round().astype(int)
        given, true = given[some], true[some]
    # Of a logit z that should be above 0 and one -z that should be below the cost is the same.
    signed = np.where(true, -given, given)
    return _likeliest(
        lambda point: float(
            np.logaddexp(0, signed / np.exp(point)).sum() + 0.5 * (point / PRIOR_SPREAD) ** 2
        )
    )


def label_calibration_errors(logits: npt.ArrayLike, has: npt.ArrayLike) -> tuple[float, float]:
    """As `calibration_errors`: how far scores and shares of labels that hold are apart.

    Args:
        logits: [pictures, labels].
        has: bool [pictures, labels].
    """
    given, true = np.asarray(logits, np.float64), np.asarray(has, np.bool_)
    tempered = np.empty_like(given)
    for part in (0, 1):
        tempered[part::2] = given[part::2] / fit_label_temperature(
            given[1 - part :: 2], true[1 - part :: 2]
        )
    before, after = (
        expected_calibration_error((0.5 + 0.5 * np.tanh(values / 2)).ravel(), true.ravel())
        for values in (given, tempered)
    )
    return before, after


def _likeliest(cost: Callable[[float], float]) -> float:
    """The temperature whose logarithm costs least."""
    low, high = np.log(COLDEST), np.log(HOTTEST)
    # The cost has one valley but for freaks; three sieves of 33 find its floor to 0.03 %.
    for _ in range(3):
        grid = np.linspace(low, high, 33)
        costs = [cost(float(point)) for point in grid]
        best = int(np.argmin(costs))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(np.exp(grid[best]))


def calibration_errors(logits: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[float, float]:
    """The expected calibration error as the logits are, and with a temperature.

    The second is what a temperature does for pictures it has not been fitted to: every other
    picture is judged under the one that suits the rest.

    Args:
        logits: [pictures, classes].
        targets: class indices, [pictures].
    """
    given, wanted = np.asarray(logits, np.float64), np.asarray(targets, np.int64)
    tempered = np.empty_like(given)
    for part in (0, 1):
        tempered[part::2] = given[part::2] / fit_temperature(
            given[1 - part :: 2], wanted[1 - part :: 2]
        )
    right = given.argmax(1) == wanted
    before, after = (
        expected_calibration_error(np.exp(_log_softmax(values)).max(1), right)
        for values in (given, tempered)
    )
    return before, after


def _cost(logits: Doubles, targets: npt.NDArray[np.int64], log_temperature: float) -> float:
    chances = _log_softmax(logits / np.exp(log_temperature))
    likelihood = np.take_along_axis(chances, targets[:, None], 1).sum()
    return float(0.5 * (log_temperature / PRIOR_SPREAD) ** 2 - likelihood)


def _log_softmax(logits: Doubles) -> Doubles:
    shifted = logits - logits.max(1, keepdims=True)
    result: Doubles = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return result
