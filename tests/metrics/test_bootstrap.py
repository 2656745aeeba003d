"""Intervals hold their figure, narrow with more pictures and are the same at every call."""

import numpy as np

from mobilenetv2.metrics.bootstrap import (
    ap50_interval,
    mean_difference_interval,
    mean_iou_difference_interval,
    mean_iou_interval,
)
from mobilenetv2.metrics.coco_ap import average_precision
from mobilenetv2.metrics.coco_match import match_detections
from tests.metrics.pictures import boxed, found, random_case


def ap50_with_interval(pictures: int):
    truth, detected = random_case(1, pictures, 3, 6)
    matches = match_detections(truth, detected, 3)
    value = average_precision(matches).ap50
    return value, ap50_interval(value, matches, pictures)


def test_more_pictures_narrow_the_interval_of_ap50():
    value, (low, high) = ap50_with_interval(20)
    more, (near_low, near_high) = ap50_with_interval(320)
    assert 0 <= low < value < high <= 1
    assert near_low < more < near_high
    # 16 times the pictures: about a quarter of the width.
    assert 0.15 < (near_high - near_low) / (high - low) < 0.4
    assert ap50_with_interval(20) == (value, (low, high))


def test_the_interval_of_ap50_covers_what_other_pictures_give():
    values, intervals = [], []
    for seed in range(30):
        truth, detected = random_case(seed, 25, 2, 6)
        matches = match_detections(truth, detected, 2)
        values.append(average_precision(matches).ap50)
        intervals.append(ap50_interval(values[-1], matches, 25))
    truth = np.mean(values)
    assert sum(low <= truth <= high for low, high in intervals) >= 25


def test_pictures_all_alike_leave_no_doubt():
    box = [[10, 10, 50, 60]]
    matches = match_detections([boxed(box, [0])] * 5, [found(box, [0.9], [0])] * 5, 1)
    assert ap50_interval(1.0, matches, 5) == (1.0, 1.0)
    pixels = np.tile(np.array([[8, 8], [9, 7], [6, 5]]), (5, 1, 1))
    low, high = mean_iou_interval(0.5, pixels)
    assert high - low < 1e-12


def test_more_pictures_narrow_the_interval_of_the_mean_iou():
    random = np.random.default_rng(2)
    true = random.integers(0, 50, (400, 4))
    right = random.binomial(true, 0.7)
    pixels = np.stack([true, random.permuted(true, axis=1), right], 1)
    pixels[:, 1] = np.maximum(pixels[:, 1], right)
    few = np.ptp(mean_iou_interval(0.5, pixels[:25]))
    many = np.ptp(mean_iou_interval(0.5, pixels))
    assert 0.15 < many / few < 0.4


def test_a_paired_difference_is_surer_than_either_figure():
    random = np.random.default_rng(0)
    first = random.random(1000) < 0.8
    second = first ^ (random.random(1000) < 0.01)
    differences = first.astype(np.float64) - second
    low, high = mean_difference_interval(differences)
    assert low <= differences.mean() <= high
    assert high - low < 0.02
    same = mean_iou_difference_interval(0.0, *(np.full((4, 3, 2), 5, np.int64),) * 2)
    assert same == (0, 0)
