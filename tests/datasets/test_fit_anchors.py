"""Anchors cover the boxes where they lie, and fitted ones cover them better."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.coverage import anchor_coverage
from mobilenetv2.datasets.fit_anchors import fit_anchors
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.spec import Classifier, Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes, pairwise_iou


def pictures(boxes: np.ndarray, size: tuple[int, int] = (300, 400)) -> BoxedPictures:
    """One picture with these boxes, [n, 4] in pixels."""
    count = len(boxes)
    one = BoxedPicture(
        Path("a.png"), "a", size, boxes.astype(np.float32), np.zeros(count, np.int64),
        np.zeros(count, np.bool_), np.ones(count),
    )  # fmt: skip
    return BoxedPictures("bugs", "train", ("ant", "bee"), (one,))


def random_boxes(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    centers = random.uniform((0, 0), (400, 300), (count, 2))
    sides = np.exp(random.uniform(0, 6, (count, 2)))
    low = np.clip(centers - sides / 2, 0, (397, 297))
    return np.concatenate([low, np.clip(centers + sides / 2, low + 2, (400, 300))], 1)


SPECS = [
    Spec(size=(320, 320), head=SSDLite(2)),
    Spec(size=(224, 320), head=SSDLite(2)),
    Spec(
        size=(300, 300),
        head=replace(
            SSDLite(2),
            anchors=replace(
                SSDLite(2).anchors, cell_pixels=(16.0, 30.0, 60.0, 100.0, 150.0, 300.0)
            ),
        ),
    ),
]


@pytest.mark.parametrize("spec", SPECS)
def test_looking_at_the_nearest_cell_finds_the_best_of_all_anchors(spec: Spec):
    data = pictures(random_boxes(300, 1))
    shares = data.pictures[0].boxes / np.array([400, 300, 400, 300], np.float32)
    best = pairwise_iou(shares, anchor_boxes(spec)).max(1)
    found = anchor_coverage(data, spec)
    assert found.mean_iou == pytest.approx(best.mean(), abs=1e-5)
    assert found.covered == pytest.approx((best >= 0.5).mean(), abs=1 / 300)
    assert found.covered_by_class == (found.covered, None)
    assert found.boxes == 300


def test_ignored_boxes_do_not_count():
    data = pictures(random_boxes(9, 2))
    (one,) = data.pictures
    ignored = replace(data, pictures=(replace(one, ignored=np.ones(9, np.bool_)),))
    found = anchor_coverage(ignored, SPECS[0])
    assert (found.boxes, found.covered, found.covered_by_class) == (0, 0, (None, None))
    with pytest.raises(DatasetError, match="at least one box"):
        fit_anchors(ignored, SPECS[0])


@pytest.mark.parametrize("count", [1, 2, 40, 400])
@pytest.mark.parametrize("spec", SPECS)
def test_fitting_never_covers_less_and_keeps_the_channels(spec: Spec, count: int):
    data = pictures(random_boxes(count, count))
    fitted = fit_anchors(data, spec)
    assert fitted.after.covered >= fitted.before.covered
    assert fitted.after.mean_iou >= fitted.before.mean_iou
    own = spec.head.anchors
    assert [len(s) for s in fitted.anchors.shapes] == [len(s) for s in own.shapes]
    assert fitted.anchors.cell_pixels == own.cell_pixels
    again = anchor_coverage(data, replace(spec, head=replace(spec.head, anchors=fitted.anchors)))
    assert again == fitted.after


def test_the_same_seed_gives_the_same_anchors():
    data = pictures(random_boxes(100, 3))
    assert fit_anchors(data, SPECS[0]) == fit_anchors(data, SPECS[0])


def test_small_shapes_come_to_sit_on_fine_maps():
    fitted = fit_anchors(pictures(random_boxes(400, 4)), SPECS[0]).anchors
    means = [np.mean([np.sqrt(h * w) for h, w in shapes]) for shapes in fitted.shapes]
    assert means[0] == min(means)
    assert means[-1] == max(means)


def test_another_number_of_anchors_may_be_asked_for():
    data = pictures(random_boxes(100, 5))
    fitted = fit_anchors(data, SPECS[0], per_map=(4, 4, 4, 2, 2, 1))
    assert [len(shapes) for shapes in fitted.anchors.shapes] == [4, 4, 4, 2, 2, 1]
    with pytest.raises(DatasetError, match="for each of 6 maps"):
        fit_anchors(data, SPECS[0], per_map=(4, 4))


def test_anchors_belong_to_detectors():
    with pytest.raises(TypeError, match="Classifier"):
        fit_anchors(pictures(random_boxes(3, 6)), Spec(head=Classifier(2)))


@pytest.mark.parametrize(
    ("name", "train", "test", "gain"),
    [("bccd", "train", "test", 0.04), ("raccoon", "first 160", "last 40", 0),
     ("coco128-val", "first 100", "last 28", 0.02)],
)  # fmt: skip
def test_fitted_anchors_suit_pictures_that_were_not_fitted_to(
    shared: Path, name: str, train: str, test: str, gain: float
):
    data = read_boxes(shared / "data" / name, train).pictures
    spec = Spec(size=(320, 320), head=SSDLite(len(data.labels)))
    fitted = fit_anchors(data, spec)
    assert fitted.after.covered >= fitted.before.covered + gain
    other = read_boxes(shared / "data" / name, test, data.labels).pictures
    better = replace(spec, head=replace(spec.head, anchors=fitted.anchors))
    assert anchor_coverage(other, better).mean_iou > anchor_coverage(other, spec).mean_iou
    assert isinstance(fitted.anchors, Anchors)
