"""Figure 1, lemma 2 and theorem 1."""

from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mobilenetv2.paper import figure_1, lemma_2, theorem_1
from mobilenetv2.paper.invertibility import other_origin, preserved_fraction, theorem_point
from mobilenetv2.paper.spiral import embed, make_spiral


@pytest.mark.parametrize(
    ("m", "share"), [(2, 0.25), (3, 0.5), (5, 0.8125), (15, 32752 / 32768), (30, 1 - 31 / 2**30)]
)
def test_preserved_fraction_of_the_plane(m: int, share: float):
    assert preserved_fraction(m, 2) == share


@given(st.integers(1, 12), st.integers(0, 20))
def test_preserved_fraction_counts_sign_patterns(n: int, more: int):
    m = n + more
    patterns = sum(comb(m, positive) for positive in range(n, m + 1))
    assert preserved_fraction(m, n) == pytest.approx(patterns / 2**m)


def test_lemma_2_is_right_every_time():
    trials = lemma_2(draws=200)
    assert all(trial.agrees for trial in trials)
    assert any(0 < trial.predicted < trial.draws for trial in trials)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(0, 6))
def test_other_origin_has_the_same_activations(seed: int, n: int, more: int):
    random = np.random.default_rng(seed)
    matrix, point = random.normal(size=(n + more, n)), random.normal(size=n)
    other = other_origin(matrix, point)
    positive = int((matrix @ point > 0).sum())
    assert (other is None) == (positive >= n)
    assume(other is not None)
    np.testing.assert_allclose(
        np.maximum(matrix @ other, 0), np.maximum(matrix @ point, 0), atol=1e-9
    )
    assert np.linalg.norm(other - point) > 1e-9


def test_the_gap_in_lemma_2():
    """B = (1, -1)ᵀ, x = 0: no coordinate is positive, and yet no other x gives (0, 0)."""
    matrix = np.array([[1.0], [-1.0]])
    others = np.linspace(-1, 1, 201)[:, None]
    same = (np.maximum(others @ matrix.T, 0) == 0).all(axis=1)
    assert others[same].tolist() == [[0.0]]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (3, 8), (5, 9)])
def test_theorem_1_by_monte_carlo(n: int, m: int):
    point = theorem_point(n, m, 20_000, np.random.default_rng(7))
    assert abs(point.monte_carlo - point.closed_form) < 4 * point.standard_error


def test_bounds_of_theorem_1():
    points = [point for point in theorem_1(draws=10) if point.dimensions == 2]
    assert all(point.first_bound <= point.closed_form for point in points)
    assert [p.channels for p in points if not p.last_bound_holds] == [2, 3, 4, 5]


def test_the_spiral_loses_less_in_more_dimensions():
    data = figure_1()
    assert [one.dimensions for one in data.embeddings] == [2, 3, 5, 15, 30]
    kept = [one.preserved for one in data.embeddings]
    assert kept == sorted(kept)
    assert kept[-1] == 1.0


def test_an_embedding_keeps_what_two_positive_coordinates_tell():
    """Where all coordinates are positive ReLU does nothing, and the pseudo-inverse undoes T."""
    spiral = make_spiral()
    one = embed(spiral, 2, np.random.default_rng(3))
    whole = one.positive == 2
    assert whole.any()
    np.testing.assert_allclose(one.points[whole], spiral[whole], atol=1e-9)
