"""Figure 1: what ReLU leaves of a spiral that went through a random embedding (section 3.2)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.paper.invertibility import preserved_fraction

Points = npt.NDArray[np.float64]

DIMENSIONS = (2, 3, 5, 15, 30)
"""Of the embeddings, as in the paper."""

POINTS = 600
TURNS = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """The spiral after T, ReLU and the pseudo-inverse of T."""

    dimensions: int
    points: Points
    """float64 [points, 2]."""
    positive: npt.NDArray[np.int64]
    """How many coordinates ReLU left positive, int64 [points]; two or more keep the point."""
    error: float
    """Root mean square distance from where the points were; the spiral's radius is 1."""

    @property
    def preserved(self) -> float:
        """The share of points at which at least two coordinates stayed positive (lemma 2)."""
        return float((self.positive >= 2).mean())

    @property
    def expected(self) -> float:
        """The same on average over all T, by theorem 1."""
        return preserved_fraction(self.dimensions, 2)


@dataclass(frozen=True, slots=True, eq=False)
class SpiralFigure:
    """The spiral and its five images."""

    spiral: Points
    """float64 [points, 2], from the center outwards."""
    embeddings: tuple[Embedding, ...]


def figure_1(seed: int = 1) -> SpiralFigure:
    """The spiral through one random T a dimension, T's entries normal.

    Args:
        seed: of the matrices; another seed gives other, equally typical pictures.
    """
    spiral = make_spiral()
    random = np.random.default_rng(seed)
    return SpiralFigure(spiral, tuple(embed(spiral, n, random) for n in DIMENSIONS))


def make_spiral() -> Points:
    """An Archimedean spiral of radius 1, float64 [POINTS, 2]."""
    angle = np.linspace(0.15, 1.0, POINTS) * TURNS * 2 * np.pi
    radius = angle / angle[-1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def embed(points: Points, dimensions: int, random: np.random.Generator) -> Embedding:
    """T: R^2 -> R^n, ReLU, and back to the plane by T's pseudo-inverse.

    Args:
        points: float64 [points, 2].
        dimensions: n, at least 2.
        random: where T comes from.
    """
    matrix = random.normal(size=(dimensions, 2))
    activations = np.maximum(points @ matrix.T, 0)
    back = activations @ np.linalg.pinv(matrix).T
    return Embedding(
        dimensions,
        back,
        np.count_nonzero(activations, axis=1),
        float(np.sqrt(((back - points) ** 2).sum(axis=1).mean())),
    )
