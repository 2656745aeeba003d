"""Lemma 2 and theorem 1 (appendix A): when ReLU(Bx) still tells what x was, tried and computed."""

from dataclasses import dataclass
from math import comb, factorial, log2

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

LEMMA_SHAPES = ((2, 2), (3, 2), (4, 2), (6, 2), (6, 4), (12, 4), (24, 4))
"""(m, n): rows and columns of B."""

THEOREM_DIMENSIONS = (1, 2, 3, 5, 8)
"""n of the curves; m runs from n to `THEOREM_LARGEST`."""

THEOREM_LARGEST = 30

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class LemmaTrial:
    """Random B (m x n) and x, and whether ReLU(Bx) had one origin or several."""

    rows: int
    columns: int
    draws: int
    predicted: int
    """Draws in which at least n coordinates stayed positive, so that the lemma says: unique."""
    recovered: int
    """Of those, draws in which x came back out of ReLU(Bx) alone."""
    confused: int
    """Of the others, draws in which a second x with the same ReLU(Bx) was found."""

    @property
    def agrees(self) -> bool:
        """Whether the lemma was right every time."""
        return (self.recovered, self.confused) == (self.predicted, self.draws - self.predicted)


@dataclass(frozen=True, slots=True)
class TheoremPoint:
    """Theorem 1 for one n and m."""

    dimensions: int
    """n, of the set that is mapped."""
    channels: int
    """m, that it is mapped to."""
    closed_form: float
    """N / 2^m: the share of volume that stays n-dimensional, averaged over B."""
    monte_carlo: float
    standard_error: float
    """Of such an estimate if the closed form is true."""
    first_bound: float
    """1 - m^(n+1) / (2^m n!), the first of the paper's lower bounds; may be negative."""
    last_bound: float
    """1 - 2^(-m/2), the last of them."""

    @property
    def last_bound_holds(self) -> bool:
        """Whether the last bound is one; the paper claims it for m much larger than n."""
        return self.closed_form >= self.last_bound


def lemma_2(draws: int = 500, seed: int = 0) -> tuple[LemmaTrial, ...]:
    """Try lemma 2 on normal B and x.

    Where the lemma says that x is unique, x is solved for from the positive coordinates; where it
    says that it is not, a step along the null space of the positive rows, short enough for the
    negative ones to stay negative, must give the same activations.

    Args:
        draws: of B and x, for each shape.
        seed: of all draws.
    """
    random = np.random.default_rng(seed)
    return tuple(_trial(rows, columns, draws, random) for rows, columns in LEMMA_SHAPES)


def theorem_1(draws: int = 4000, seed: int = 0) -> tuple[TheoremPoint, ...]:
    """The preserved share of volume: closed form, Monte Carlo, and the paper's bounds.

    The set is the unit ball: a point is drawn in it and a B of normal entries, and the point
    counts as preserved where at least n coordinates of Bx are positive.

    Args:
        draws: of B and a point, for each n and m.
        seed: of all draws.
    """
    random = np.random.default_rng(seed)
    return tuple(
        theorem_point(n, m, draws, random)
        for n in THEOREM_DIMENSIONS
        for m in range(n, THEOREM_LARGEST + 1)
    )


def preserved_fraction(channels: int, dimensions: int) -> float:
    """N_{m,n} / 2^m with N = sum over k from 0 to m - n of C(m, k).

    The appendix calls it "the fraction of collapsed space"; it is the fraction preserved.
    """
    kept = sum(comb(channels, k) for k in range(channels - dimensions + 1))
    return kept / (1 << channels)


def theorem_point(n: int, m: int, draws: int, random: np.random.Generator) -> TheoremPoint:
    """One n and m of `theorem_1`."""
    points = _in_ball(n, draws, random)
    positive = (np.einsum("dmn,dn->dm", random.normal(size=(draws, m, n)), points) > 0).sum(axis=1)
    expected = preserved_fraction(m, n)
    return TheoremPoint(
        dimensions=n,
        channels=m,
        closed_form=expected,
        monte_carlo=float((positive >= n).mean()),
        standard_error=float(np.sqrt(expected * (1 - expected) / draws)),
        first_bound=1 - 2 ** ((n + 1) * log2(m) - m) / factorial(n),
        last_bound=1 - 2 ** (-m / 2),
    )


def other_origin(matrix: Matrix, point: Matrix) -> Matrix | None:
    """Another x with the same ReLU(Bx), or None where the positive rows leave no freedom.

    Args:
        matrix: B, float64 [m, n].
        point: x, float64 [n].
    """
    before = matrix @ point
    positive = before > 0
    _, sizes, axes = np.linalg.svd(matrix[positive], full_matrices=True)
    rank = int((sizes > _TOLERANCE).sum())
    if rank == matrix.shape[1]:
        return None
    direction = axes[rank]
    change = matrix[~positive] @ direction
    rising = change > _TOLERANCE
    # Half of the way to where the first negative coordinate would reach zero.
    step = 0.5 * float(np.min(-before[~positive][rising] / change[rising], initial=1.0))
    other: Matrix = point + step * direction
    return other


def _trial(rows: int, columns: int, draws: int, random: np.random.Generator) -> LemmaTrial:
    predicted = recovered = confused = 0
    for _ in range(draws):
        matrix, point = random.normal(size=(rows, columns)), random.normal(size=columns)
        activations = np.maximum(matrix @ point, 0)
        seen = activations > 0
        if seen.sum() >= columns:
            predicted += 1
            solved = np.linalg.lstsq(matrix[seen], activations[seen], rcond=None)[0]
            recovered += bool(np.allclose(solved, point, atol=1e-6))
            continue
        other = other_origin(matrix, point)
        confused += (
            other is not None
            and not np.allclose(other, point, atol=1e-12, rtol=0)
            and np.allclose(np.maximum(matrix @ other, 0), activations, atol=1e-12)
        )
    return LemmaTrial(rows, columns, draws, predicted, recovered, int(confused))


def _in_ball(dimensions: int, draws: int, random: np.random.Generator) -> Matrix:
    directions = random.normal(size=(draws, dimensions))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radii: Matrix = random.random((draws, 1)) ** (1 / dimensions)
    return directions * radii
