"""Figures, with their counts and intervals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import mobilenetv2
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import Proportion, evaluate_classifier
from mobilenetv2.metrics.calibration import expected_calibration_error
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.tasks.options import Options


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_fraction_and_stays_within_0_and_1(hits: int, count: int):
    proportion = Proportion(min(hits, count), count)
    low, high = proportion.interval
    assert 0 <= low <= proportion.value + 1e-12
    assert proportion.value - 1e-12 <= high <= 1
    assert low < high


def test_wilsons_interval_by_hand():
    # 81 of 263: the example worked in Wilson's favor in Newcombe (1998), table I: 0.2553, 0.3662.
    low, high = Proportion(81, 263).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_a_report_counts_what_the_model_says(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    pictures = []
    for number, color in enumerate(("red", "green", "blue", "white", "black", "gray")):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (50, 50), color).save(path)
        pictures.append(path)
    truth = [model.predict(path).predictions[0].index for path in pictures]
    truth[0] = (truth[0] + 1) % 3
    report = evaluate_classifier(model, LabeledPictures("x/y", tuple(pictures), tuple(truth)))
    assert (report.top1.hits, report.top1.count) == (5, 6)
    assert report.top5.hits == 6
    per_class = [
        [
            model.predict(p).predictions[0].index == t
            for p, t in zip(pictures, truth, strict=True)
            if t == c
        ]
        for c in set(truth)
    ]
    expected = sum(sum(hits) / len(hits) for hits in per_class) / len(per_class)
    assert report.mean_class_accuracy == pytest.approx(expected)
    scores = [model.predict(path).predictions[0].score for path in pictures]
    right = [False, True, True, True, True, True]
    assert report.calibration_error == pytest.approx(expected_calibration_error(scores, right))
    assert report.to_json()["calibration_error"] == report.calibration_error
    assert report.to_json()["top1"] == 5 / 6


def test_pictures_are_looked_at_as_chosen(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    narrow = np.linspace(1000, 2000, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(narrow).save(tmp_path / "a.png")
    data = LabeledPictures("x/y", (tmp_path / "a.png",), (0,))
    with pytest.raises(DatasetError, match="Stretch them"):
        evaluate_classifier(model, data)
    assert evaluate_classifier(model, data, None, Options(stretch=True, top=1)).top5.hits == 1


def test_unreadable_pictures_are_reported_and_not_counted(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    (tmp_path / "ant").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "ant/good.png")
    (tmp_path / "ant/bad.png").write_bytes(b"broken")
    report = evaluate_classifier(model, read_labeled(tmp_path, model.labels))
    assert report.top1.count == 1
    assert [path.name for path, _ in report.unreadable] == ["bad.png"]
    (tmp_path / "ant/good.png").unlink()
    with pytest.raises(DatasetError, match="no picture can be read"):
        evaluate_classifier(model, read_labeled(tmp_path, model.labels))
