"""The table of a long run appears while it grows, each column in its place."""

import pytest

from mobilenetv2.cli import predict_table
from mobilenetv2.cli.predict_table import PredictTable
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.results import Prediction

ANT = Prediction((Classification("ant", 0, 0.75), Classification("bee", 1, 0.25)))


def test_rows_appear_as_they_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(predict_table, "GATHER_SECONDS", -1)
    table = PredictTable("classification", ("ant", "a longer label"), longest=12)
    table.add("a.jpg", ANT)
    first = capsys.readouterr().out.splitlines()
    table.add("b/a longer.jpg", Prediction(()))
    table.flush()
    second = capsys.readouterr().out.splitlines()
    assert [line.split() for line in first] == [
        ["picture", "label", "score", "then"],
        ["a.jpg", "ant", "75.0%", "bee", "25.0%"],
    ]
    assert first[0].index("label") == first[1].index("ant") == second[0].index("unknown")


def test_nothing_is_printed_of_nothing(capsys: pytest.CaptureFixture[str]):
    PredictTable("segmentation", ("background",), longest=0).flush()
    assert capsys.readouterr().out == ""
