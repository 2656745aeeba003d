"""Boundary F-scores against outlines counted by hand."""

import numpy as np
import pytest

from mobilenetv2.metrics.boundary_f import BoundaryF, boundary_scores


def halves(edge: int, size: tuple[int, int] = (30, 40)) -> np.ndarray:
    """Class 0 up to a column, class 1 from it on."""
    mask = np.zeros(size, np.uint8)
    mask[:, edge:] = 1
    return mask


def test_the_same_mask_has_1_and_a_missing_class_0():
    truth = halves(20)
    assert boundary_scores(truth, truth, 3).tolist()[:2] == [1, 1]
    assert np.isnan(boundary_scores(truth, truth, 3)[2])
    assert boundary_scores(truth, truth * 0, 2).tolist() == [0, 0]


def test_outlines_within_the_radius_are_the_same():
    # The diagonal is 500 pixels: 3.75 are near.
    truth = halves(200, (300, 400))
    assert boundary_scores(truth, halves(203, (300, 400)), 2).tolist() == [1, 1]
    assert boundary_scores(truth, halves(204, (300, 400)), 2).tolist() == [0, 0]


def test_a_part_of_an_outline_by_hand():
    # Outlines of 30 pixels; the lower 20 rows are predicted 10 columns off.
    truth, predicted = halves(20), halves(20)
    predicted[10:, 20:30] = 0
    scores = boundary_scores(truth, predicted, 2)
    # Radius 0.375: equal pixels only. Of class 0 rows 0 to 9 are right, 10 of 30; its predicted
    # outline is 10 pixels above, 10 along row 10 (of columns 20 to 29) and 20 below, where column
    # 29 of row 10 counts once: 39. Of the true ones row 10 has none.
    assert scores[0] == pytest.approx(2 * (10 / 30) * (10 / 39) / (10 / 30 + 10 / 39))


def test_the_edge_of_what_is_not_judged_is_no_outline():
    truth = np.zeros((30, 40), np.uint8)
    truth[:, 20:] = 255
    predicted = halves(25)
    assert np.isnan(boundary_scores(truth, predicted, 2)).all()


def test_the_mean_is_over_pictures_with_the_class_and_then_over_classes():
    judged = BoundaryF(3)
    judged.add(halves(20), halves(20))
    judged.add(halves(20), halves(20) * 0)
    judged.add(np.zeros((30, 40), np.uint8), halves(20))
    assert judged.per_class == (0.5, 0.5, None)
    assert judged.mean == 0.5


def test_near_is_what_a_distance_to_every_pixel_says():
    chance = np.random.default_rng(4)
    truth = np.repeat(np.repeat(chance.integers(0, 3, (6, 8)), 50, 0), 50, 1).astype(np.uint8)
    predicted = np.roll(truth, (2, -3), (0, 1))
    predicted[:70] = truth[:70]
    scores = boundary_scores(truth, predicted, 3)
    radius = 0.0075 * np.hypot(300, 400)

    def outline(mask: np.ndarray, index: int) -> np.ndarray:
        padded = np.pad(mask, 1, mode="edge")
        differs = [padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]]
        return np.argwhere((mask == index) & np.any([mask != other for other in differs], 0))

    for index in range(3):
        true, said = outline(truth, index), outline(predicted, index)
        apart = np.hypot(*np.moveaxis(true[:, None] - said[None, :], -1, 0))
        recall, precision = (apart.min(1) <= radius).mean(), (apart.min(0) <= radius).mean()
        assert scores[index] == pytest.approx(2 * recall * precision / (recall + precision))
