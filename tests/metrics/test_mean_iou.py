"""Agreement of masks, counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mobilenetv2.metrics.mean_iou import MaskAgreement, confusion_matrix

ids = arrays(np.uint8, (6, 7), elements=st.sampled_from([0, 1, 2, 3, 255]))
predictions = arrays(np.uint8, (6, 7), elements=st.sampled_from([0, 1, 2, 3, 4, 255]))


def test_four_pixels_by_hand():
    truth = np.array([[0, 0], [1, 255]], np.uint8)
    predicted = np.array([[0, 1], [1, 2]], np.uint8)
    report = MaskAgreement(confusion_matrix(truth, predicted, 3))
    assert report.confusion.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert report.per_class == (0.5, 0.5, None)
    assert report.mean_iou == 0.5
    assert report.mean_iou_all == pytest.approx(1 / 3)
    assert report.pixel_accuracy == pytest.approx(2 / 3)
    assert report.classes_present == 2


@given(ids, predictions)
def test_intersection_over_union_is_that_of_sets_of_pixels(truth, predicted):
    report = MaskAgreement(confusion_matrix(truth, predicted, 5))
    judged = truth != 255
    for index, value in enumerate(report.per_class):
        true, said = judged & (truth == index), judged & (predicted == index)
        expected = (true & said).sum() / (true | said).sum() if true.any() else None
        assert value == expected
    assert report.confusion.sum() == judged.sum()


@given(ids, predictions, ids, predictions)
def test_matrices_add_up(truth, predicted, truth2, predicted2):
    both = confusion_matrix(np.stack([truth, truth2]), np.stack([predicted, predicted2]), 5)
    parts = confusion_matrix(truth, predicted, 5) + confusion_matrix(truth2, predicted2, 5)
    assert (both == parts).all()


def test_a_class_only_predicted_costs_the_mean_over_all_classes_alone():
    truth = np.zeros((2, 2), np.uint8)
    report = MaskAgreement(confusion_matrix(truth, truth + np.eye(2, dtype=np.uint8), 2))
    assert (report.mean_iou, report.mean_iou_all) == (0.5, 0.25)


def test_what_the_network_did_not_see_was_not_found():
    truth = np.array([[1, 1, 1, 255]], np.uint8)
    predicted = np.array([[1, 1, 255, 255]], np.uint8)
    report = MaskAgreement(confusion_matrix(truth, predicted, 2))
    assert report.mean_iou == report.pixel_accuracy == 2 / 3


def test_nothing_judged_is_no_figure():
    blank = np.full((3, 3), 255, np.uint8)
    report = MaskAgreement(confusion_matrix(blank, np.zeros_like(blank), 2))
    assert report.mean_iou is None
    assert report.pixel_accuracy is None


def test_what_does_not_fit_is_refused():
    blank = np.zeros((3, 3), np.uint8)
    with pytest.raises(ValueError, match="of one shape"):
        confusion_matrix(blank, blank[:2], 2)
    with pytest.raises(ValueError, match="below 2, or 255, got up to 7"):
        confusion_matrix(blank + np.uint8(7), blank, 2)
