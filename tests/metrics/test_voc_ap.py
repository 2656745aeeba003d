"""Pascal VOC's average precision, against the rule written out and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.metrics.voc_ap import voc_ap
from mobilenetv2.tasks.boxes import pairwise_iou
from tests.metrics.pictures import boxed, found, random_case

BOX = [10, 10, 50, 50]
OTHER = [100, 100, 200, 200]
AWAY = [300, 300, 340, 340]


def curve(truth, detected, of: int) -> tuple[list[float], list[float]]:
    """Recall and precision as the challenge describes them, one detection after the other."""
    every = [
        (float(score), number, box)
        for number, one in enumerate(detected)
        for box, score, label in zip(one.boxes, one.scores, one.classes, strict=True)
        if label == of
    ]
    wanted = sum(int((~p.ignored[p.classes == of]).sum()) for p in truth)
    taken: set[tuple[int, int]] = set()
    right = wrong = 0
    recalls, precisions = [], []
    for _, number, box in sorted(every, key=lambda item: -item[0]):
        mine = np.flatnonzero(truth[number].classes == of)
        shares = pairwise_iou(box[None], truth[number].boxes[mine])[0]
        best = int(shares.argmax()) if len(mine) else -1
        if len(mine) and shares[best] >= 0.5:
            if truth[number].ignored[mine[best]]:
                continue
            right += (number, best) not in taken
            wrong += (number, best) in taken
            taken.add((number, best))
        else:
            wrong += 1
        recalls.append(right / wanted)
        precisions.append(right / (right + wrong))
    return recalls, precisions


def best_beyond(recalls, precisions, level: float) -> float:
    return max((p for r, p in zip(recalls, precisions, strict=True) if r >= level), default=0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_the_rule_written_out_gives_the_same(seed: int, pictures: int):
    truth, detected = random_case(seed, pictures, 2, 8, crowds=0.2)
    report = voc_ap(truth, detected, 2)
    elevens = []
    for of, area in enumerate(report.per_class):
        if not any((~p.ignored[p.classes == of]).any() for p in truth):
            assert area is None
            continue
        recalls, precisions = curve(truth, detected, of)
        steps = sorted(set(recalls) - {0})
        widths = np.diff([0, *steps])
        expected = sum(
            width * best_beyond(recalls, precisions, step)
            for width, step in zip(widths, steps, strict=True)
        )
        assert area == pytest.approx(expected, abs=1e-12)
        elevens.append(np.mean([best_beyond(recalls, precisions, k / 10) for k in range(11)]))
    if elevens:
        assert report.ap50_eleven == pytest.approx(np.mean(elevens), abs=1e-12)
    else:
        assert report.ap50_eleven is None


def test_half_found_behind_one_mistake_by_hand():
    # Wrong, right: precision 1/2 up to recall 1/2, then nothing.
    truth = [boxed([BOX, OTHER], [0, 0])]
    report = voc_ap(truth, [found([AWAY, BOX], [0.9, 0.8], [0, 0])], 1)
    assert report.ap50 == 0.25
    # Recalls 0, 0.1 ... 0.5: six of the eleven.
    assert report.ap50_eleven == pytest.approx(6 * 0.5 / 11)


def test_a_second_find_of_one_box_is_wrong():
    report = voc_ap(
        [boxed([BOX, OTHER], [0, 0])], [found([BOX, BOX, OTHER], [0.9, 0.8, 0.7], [0] * 3)], 1
    )
    assert report.ap50 == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_difficult_boxes_count_neither_way():
    truth = [boxed([BOX, OTHER], [0, 0], ignored=[True, False])]
    assert voc_ap(truth, [found([BOX, BOX, OTHER], [0.9, 0.8, 0.7], [0] * 3)], 1).ap50 == 1


def test_nothing_found_is_0_and_nothing_to_find_is_no_figure():
    assert voc_ap([boxed([BOX], [0])], [found([], [], [])], 1).ap50 == 0
    assert voc_ap([boxed([], [])], [found([BOX], [1], [0])], 1).ap50 is None


def test_as_many_results_as_pictures():
    with pytest.raises(ValueError, match="1 pictures need as many results, got 0"):
        voc_ap([boxed([], [])], [], 1)
