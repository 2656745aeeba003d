"""Kinds of a detector's errors, what they cost, and what was taken for what: by hand."""

import numpy as np
import pytest

from mobilenetv2.metrics.coco_ap import coco_ap
from mobilenetv2.metrics.coco_match import match_detections
from mobilenetv2.metrics.detection_errors import KINDS, explain_errors
from mobilenetv2.metrics.detection_table import (
    confusion_with_background,
    figures_at,
    precision_curves,
)
from mobilenetv2.metrics.error_costs import error_costs
from tests.metrics.coco_tool import as_results, as_truth, judge
from tests.metrics.pictures import boxed, found, random_case

# Squares of side 100. Moved by 20 they overlap by 80 / 120 = 0.67, by 50 by 0.33, by 90 by 0.05.
HOME = (100, 100, 200, 200)


def moved(by: float, box: tuple[float, ...] = HOME) -> tuple[float, ...]:
    return box[0] + by, box[1], box[2] + by, box[3]


def kinds(truth, detected, classes: int = 2) -> list[str]:
    told = explain_errors([truth], [detected], classes)
    return ["right" if kind < 0 else KINDS[kind] for kind in told.kinds.tolist()]


@pytest.mark.parametrize(
    ("box", "label", "kind"),
    [
        (moved(20), 0, "right"),
        (moved(20), 1, "wrong class"),
        (moved(50), 0, "badly placed"),
        (moved(50), 1, "both"),
        (moved(90), 0, "on background"),
        (moved(300), 1, "on background"),
    ],
)
def test_every_kind(box, label, kind):
    assert kinds(boxed([HOME], [0]), found([box], [0.9], [label])) == [kind]


def test_the_second_on_an_object_is_doubled_and_no_object_is_background():
    twice = found([HOME, moved(20)], [0.8, 0.9], [0, 0])
    # Detections of a class come best score first.
    assert kinds(boxed([HOME], [0]), twice) == ["right", "doubled"]
    assert kinds(boxed([], []), found([HOME], [0.9], [1])) == ["on background"]


def test_what_lies_on_an_ignored_box_is_no_error():
    assert kinds(boxed([HOME], [0], [True]), found([HOME], [0.9], [0])) == []


def test_missed_is_what_nothing_else_explains():
    far, other = moved(300), moved(400)
    truth = boxed([HOME, far, other], [0, 0, 0])
    told = explain_errors([truth], [found([moved(50), far], [0.9, 0.8], [0, 1])], 2)
    assert told.found.tolist() == [False, False, False]
    # HOME is badly placed on, `far` of the wrong class; nothing is near `other`.
    assert told.missed.tolist() == [False, False, True]
    assert told.counts() == {
        "wrong class": 1, "badly placed": 1, "both": 0, "doubled": 0, "on background": 0,
        "missed": 1,
    }  # fmt: skip


def costs(truth, detected) -> dict[str, float]:
    found_costs = error_costs(explain_errors(truth, detected, 1), 1)
    return {kind: cost for kind, cost in found_costs.items() if cost}


def test_costs_by_hand():
    # Two objects; one is found, one badly: AP50 is 51 of 101 recalls at precision 1. Mended, it
    # is 1; without the second object too.
    truth = [boxed([HOME, moved(300)], [0, 0])]
    badly = [found([HOME, moved(350)], [0.9, 0.8], [0, 0])]
    assert costs(truth, badly) == {"badly placed": pytest.approx(50 / 101)}
    assert costs(truth, [found([HOME], [0.9], [0])]) == {"missed": pytest.approx(50 / 101)}
    # A stray detection before the right one halves the precision everywhere.
    stray = [found([moved(300), HOME], [0.9, 0.8], [0, 0])]
    assert costs([boxed([HOME], [0])], stray) == {"on background": pytest.approx(0.5)}
    # Of three objects on one line: found, doubled, found. 2 of 3 is the precision beyond 1/2.
    doubled = [found([HOME, moved(10), moved(300)], [0.9, 0.8, 0.7], [0, 0, 0])]
    assert costs(truth, doubled) == {"doubled": pytest.approx(50 / 101 * (1 - 2 / 3))}


def test_only_the_best_of_two_mends_an_object():
    truth = [boxed([HOME], [0])]
    badly = [found([moved(50), moved(60)], [0.9, 0.8], [0, 0])]
    assert costs(truth, badly) == {"badly placed": pytest.approx(1)}


def test_confusion_with_background_by_hand():
    # Objects: 0 found, 0 taken for 1, 1 missed; a stray 0, and one that is badly placed.
    truth = boxed([HOME, moved(300), (400, 300, 450, 400)], [0, 0, 1])
    detected = found(
        [HOME, moved(300), (0, 300, 50, 400), moved(-50)], [0.9, 0.8, 0.7, 0.6], [0, 1, 0, 0]
    )
    told = confusion_with_background(explain_errors([truth], [detected], 2), 2)
    assert told.tolist() == [[1, 1, 0], [0, 0, 1], [2, 0, 0]]


def test_rows_and_columns_add_up_on_made_up_sets():
    truth, detected = random_case(3, 30, 4, 8)
    explained = explain_errors(truth, detected, 4)
    told = confusion_with_background(explained, 4)
    objects = [int((p.classes[~p.ignored] == i).sum()) for i in range(4) for p in truth]
    assert told[:4].sum() == sum(objects)
    assert told[:, :4].sum() == len(explained.detections.scores)
    assert told.diagonal()[:4].sum() == (explained.kinds < 0).sum() == explained.found.sum()


def test_right_is_what_cocos_matching_says_whatever_the_order():
    truth, detected = random_case(7, 40, 3, 6)
    explained = explain_errors(truth, detected, 3)
    matches = match_detections(truth, detected, 3)
    assert explained.detections.right.sum() == sum(one.right[0, 0].sum() for one in matches)
    # Each detection is the one that was given at its place.
    judged = explained.detections
    for row in range(0, len(judged.scores), 7):
        given, place = detected[judged.pictures[row]], judged.places[row]
        assert judged.scores[row] == given.scores[place]
        assert judged.classes[row] == given.classes[place]
    objects = explained.objects
    for row in range(0, len(objects.classes), 5):
        assert objects.classes[row] == truth[objects.pictures[row]].classes[objects.places[row]]


def test_mending_what_is_wrong_never_costs():
    truth, detected = random_case(11, 40, 3, 6)
    for cost in error_costs(explain_errors(truth, detected, 3), 3).values():
        assert 0 <= cost <= 1 - (coco_ap(truth, detected, 3).ap50 or 0)


def test_the_curve_averages_to_ap50_and_names_the_best_threshold():
    truth = [boxed([HOME, moved(300)], [0, 0])]
    detected = [found([HOME, moved(200), moved(300)], [0.9, 0.8, 0.7], [0, 0, 0])]
    matches = match_detections(truth, detected, 2)
    curve, empty = precision_curves(matches)
    assert curve.precision.mean() == pytest.approx(coco_ap(truth, detected, 2).ap50)
    # F1 is 2/3 after the first, 1/2 after the second, 4/5 after the third.
    assert (curve.best_f1, curve.best_threshold) == (pytest.approx(0.8), pytest.approx(0.7))
    assert (empty.best_f1, empty.precision.max()) == (0, 0)
    at = figures_at(matches, 0.75)[0]
    assert (at.count, at.answered, at.right) == (2, 2, 1)


def test_a_set_without_a_box_has_no_error():
    told = explain_errors([boxed([], [])], [found([], [], [])], 2)
    assert sum(told.counts().values()) == 0
    assert set(error_costs(told, 2).values()) == {0.0}
    assert np.count_nonzero(confusion_with_background(told, 2)) == 0


def test_curves_are_pycocotools_curves_at_an_overlap_of_half():
    truth, detected = random_case(5, 25, 3, 6)
    _, precision = judge(as_truth(truth, 3), as_results(detected))
    for index, curve in enumerate(precision_curves(match_detections(truth, detected, 3))):
        assert curve.precision.tolist() == precision[0, :, index].tolist()
