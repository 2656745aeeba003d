"""Logits to answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mobilenetv2.errors import CheckpointError
from mobilenetv2.tasks.classify import averaged, classify, classify_array, logistic, softmax
from mobilenetv2.tasks.draw import draw_classification


@given(arrays(np.float32, st.integers(1, 30), elements=st.floats(-1e4, 1e4, width=32)))
def test_softmax_is_a_distribution_in_the_order_of_the_logits(logits: np.ndarray):
    scores = softmax(logits)
    assert np.isclose(scores.sum(), 1, atol=1e-5)
    assert scores[logits.argmax()] == scores.max()


def test_best_first_and_ties_by_index():
    answers = classify(np.array([1, 3, 3, 2], np.float32), ("a", "b", "c", "d"), top=3)
    assert [(a.label, a.index) for a in answers] == [("b", 1), ("c", 2), ("d", 3)]
    assert answers[0].score > answers[2].score


def test_more_answers_than_classes_gives_all():
    assert len(classify(np.zeros(2, np.float32), ("a", "b"), top=5)) == 2


@given(
    arrays(np.float32, st.integers(1, 30), elements=st.floats(-1e3, 1e3, width=32)),
    st.integers(1, 31),
    st.floats(0, 1),
    st.booleans(),
    st.booleans(),
)
def test_arrays_are_answered_as_lists_are(
    logits: np.ndarray, top: int, threshold: float, odd: bool, several: bool
):
    labels = [str(index) for index in range(len(logits))]
    among = frozenset(range(len(logits))[::2]) if odd else None
    how = {"threshold": threshold, "among": among, "multi_label": several}
    ours = classify_array(logits, labels, top, **how)
    plain = classify(logits.tolist(), labels, top, **how)
    # numpy's exponential may differ in its last bit, and so may what is just below a threshold.
    for one, other in zip(ours, plain, strict=False):
        assert (one.label, one.index) == (other.label, other.index)
        assert one.score == pytest.approx(other.score, rel=1e-14, abs=1e-300)
        assert type(one.score) is float
    odd_ones = (ours + plain)[2 * min(len(ours), len(plain)) :]
    assert all(abs(one.score - threshold) < 1e-14 for one in odd_ones)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("logits", [[1, np.nan], [np.inf, 0], [-np.inf, -np.inf]])
def test_no_numbers_no_answer(logits: list[float], several: bool):
    with pytest.raises(CheckpointError, match="not finite"):
        classify_array(np.array(logits, np.float32), ("a", "b"), 1, multi_label=several)
    with pytest.raises(CheckpointError, match="not finite"):
        classify(logits, ("a", "b"), 1, multi_label=several)


def test_labels_that_may_hold_together_are_scored_by_themselves():
    answers = classify([2.0, -1.0, 0.0, 300.0], ("a", "b", "c", "d"), None, multi_label=True)
    assert [one.label for one in answers] == ["d", "a", "c", "b"]
    expected = [1, 0.880797, 0.5, 0.268941]
    assert [one.score for one in answers] == pytest.approx(expected, abs=1e-6)


def test_views_of_labels_by_themselves_are_averaged_as_probabilities():
    views = [np.array([3.0, -80.0], np.float32), np.array([-3.0, 80.0], np.float32)]
    np.testing.assert_allclose(logistic(averaged(views, multi_label=True)), [0.5, 0.5], atol=1e-6)


def test_drawing_adds_a_plate_and_leaves_the_picture_alone():
    pixels = np.full((200, 300, 3), 77, np.uint8)
    answers = classify(np.array([5, 1], np.float32), ("cup", "a label of an absurd length " * 9), 2)
    drawn = np.asarray(draw_classification(pixels, answers))
    np.testing.assert_array_equal(drawn[:200, :300], pixels)
    assert drawn.shape[0] > 200
    assert drawn.shape[1] == 300
    assert (drawn[200:] == 255).any(), "white letters on the plate"


def test_labels_that_the_font_does_not_know_do_not_crash():
    answers = classify(np.array([1, 0], np.float32), ("猫 кошка", "🐈"), 2)
    assert draw_classification(np.zeros((5, 5, 3), np.uint8), answers).width == 160
