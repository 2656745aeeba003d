"""Tables of several labels a picture, looked at."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.doctor import check
from tests.train.drawn_labels import draw_labels, write_columns, write_joined


def test_labels_are_counted_and_the_sheet_names_them(tmp_path: Path):
    rows = draw_labels(tmp_path / "set", 8)
    write_joined(tmp_path / "set" / "labels.csv", rows)
    found = check(tmp_path / "set")
    assert found.subject.task == "classification"
    assert "several labels a picture" in found.subject.layout
    (part,) = found.subject.parts
    assert dict(zip(found.subject.labels, part.counts, strict=True)) == {"blue": 4, "red": 4}
    assert part.said[:4] == ("none", "blue", "red", "blue, red")
    assert not found.stops
    assert any("2 have more than one label and 2 have none" in line for line in found.warnings)
    sheet = tmp_path / "sheet.png"
    shown = CliRunner().invoke(main, ["check", str(tmp_path / "set"), "--sheet", str(sheet)])
    assert shown.exit_code == 0, shown.output
    assert sheet.is_file()


def test_shards_of_several_labels_are_refused_with_the_way_out(tmp_path: Path):
    table = write_joined(tmp_path / "labels.csv", draw_labels(tmp_path, 4))
    shown = CliRunner().invoke(main, ["shards", str(table), "--out", str(tmp_path / "shards")])
    assert shown.exit_code == 1
    assert "have several labels; train, evaluate and check read" in " ".join(shown.output.split())
    assert not (tmp_path / "shards").exists()


@pytest.mark.parametrize("parts", [("train", "valid"), ("valid", "test")])
def test_parts_as_roboflow_has_them(parts: tuple[str, ...], tmp_path: Path):
    for place, part in enumerate(parts):
        rows = draw_labels(tmp_path / part, 4, 100 * place)
        write_columns(tmp_path / part / "_classes.csv", rows)
    found = check(tmp_path)
    assert {part.name for part in found.subject.parts} >= {"val"}
    assert bool(found.stops) == ("train" not in parts)


def test_one_label_each_is_a_table_of_classes(tmp_path: Path):
    rows = [(name, own) for name, own in draw_labels(tmp_path, 8) if len(own) == 1]
    write_joined(tmp_path / "labels.csv", rows)
    assert check(tmp_path).subject.layout == "a table (labels.csv)"
