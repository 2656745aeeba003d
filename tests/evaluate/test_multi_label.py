"""A classifier of several labels a picture, judged."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from mobilenetv2 import load
from mobilenetv2.cli import main
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import evaluate_classifier, evaluate_multi_label
from mobilenetv2.evaluate.compare_reports import compare_reports
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures, read_multi_labeled
from mobilenetv2.tasks.options import Options
from tests.train.drawn_labels import draw_labels, write_joined

RENAMED = {"blue": "ant", "red": "bee"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged") / "squares"
    rows = draw_labels(folder, 8)
    named = [(name, tuple(RENAMED[label] for label in own)) for name, own in rows]
    return write_joined(folder / "labels.csv", named)


def test_every_figure_is_of_what_predict_says(tiny_labels_file, table):
    model = load(tiny_labels_file)
    data = read_multi_labeled(table, model.labels)
    report = evaluate_multi_label(model, data, options=Options(threshold=0.4))
    for path, row in zip(data.paths, report.scores, strict=True):
        every = {one.index: one.score for one in model.predict(path, threshold=0).predictions}
        np.testing.assert_allclose([every[index] for index in range(3)], row)
    assert report.present.tolist() == [True, True, False]
    assert report.figures[0].count == 4
    assert report.figures[2].answered == 0
    assert report.precisions[2] is None
    found = report.to_json()
    assert found["multi_label"] is True
    assert (found["count"], found["labels_present"], found["threshold"]) == (8, 2, 0.4)
    low, high = found["map_interval"]
    assert low <= found["map"] <= high
    wrong = report.mistakes
    assert [one.sureness for one in wrong] == sorted((one.sureness for one in wrong), reverse=True)
    assert len(wrong) == int((report.said != report.has).sum())


def test_models_are_compared_by_map_on_the_same_pictures(tiny_labels_file, table):
    model = load(tiny_labels_file)
    data = read_multi_labeled(table, model.labels)
    report = evaluate_multi_label(model, data)
    paired = compare_reports(report, report)
    assert (paired.figure, paired.difference, paired.interval) == ("map", 0, (0, 0))
    other = replace(report, paths=report.paths[::-1])
    with pytest.raises(DatasetError, match="same pictures"):
        compare_reports(report, other)


def test_unreadable_pictures_are_left_out(tiny_labels_file, table, tmp_path):
    model = load(tiny_labels_file)
    data = read_multi_labeled(table, model.labels)
    (tmp_path / "no.png").write_bytes(b"none")
    more = MultiLabelPictures("some", (*data.paths, tmp_path / "no.png"), (*data.targets, (0,)))
    report = evaluate_multi_label(model, more)
    assert len(report.paths) == 8
    assert len(report.unreadable) == 1
    with pytest.raises(DatasetError, match="no picture can be read"):
        evaluate_multi_label(model, MultiLabelPictures("none", (tmp_path / "no.png",), ((),)))


def test_each_kind_of_model_is_judged_by_its_kind_of_answers(tiny_file, tiny_labels_file, table):
    several, one = load(tiny_labels_file), load(tiny_file)
    data = read_multi_labeled(table, several.labels)
    with pytest.raises(DatasetError, match="one right class each"):
        evaluate_classifier(several, LabeledPictures("some", data.paths, (0,) * 8))
    with pytest.raises(TypeError, match="model that gives them"):
        evaluate_multi_label(one, data)


def test_the_command_line(tiny_labels_file, table, tmp_path):
    page, sheet = tmp_path / "report.html", tmp_path / "wrong.png"
    arguments = [
        "evaluate", "--model", str(tiny_labels_file), "--data", str(table.parent), "--details",
        "--threshold", "0.5", "--report", str(page), "--mistakes", str(sheet),
        "--against", str(tiny_labels_file),
    ]  # fmt: skip
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    for words in ("mAP, 2 labels present", "F1 at 0.5", "ant", "cow", "may be chance"):
        assert words in shown.output
    assert "Labels, the worst first" in page.read_text("utf-8")
    plain = CliRunner().invoke(main, [*arguments[:5], "--json"])
    assert json.loads(plain.stdout)["multi_label"] is True
    one = CliRunner().invoke(
        main, ["evaluate", "--model", "objects", "--data", str(tmp_path), "--threshold", "0.5"]
    )
    assert one.exit_code == 2
    assert "several labels a picture" in one.output
    folder = CliRunner().invoke(main, [*arguments[:3], "--data", str(tmp_path)])
    assert folder.exit_code != 0
    assert "read from a table" in " ".join(folder.output.split())
