"""Tables of several labels a picture, looked at."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.doctor import check
from mobilenetv2.tasks.multi_labeled import read_multi_labeled
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.label_data import MultiLabelData, read_table_data
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


def test_a_table_and_the_shards_made_of_it_say_the_same(tmp_path: Path):
    table = write_joined(tmp_path / "labels.csv", draw_labels(tmp_path, 8))
    shown = CliRunner().invoke(main, ["shards", str(table), "--out", str(tmp_path / "shards")])
    assert shown.exit_code == 0, shown.output
    ours, theirs = check(table).subject, check(tmp_path / "shards").subject
    assert theirs.layout == "several labels a picture, in tar shards"
    assert theirs.labels == ours.labels
    assert theirs.parts[0].several == ours.parts[0].several
    assert theirs.notes == ours.notes
    read = [read_multi_labeled(place, ("red", "blue")) for place in (table, tmp_path / "shards")]
    assert read[0].targets == read[1].targets
    assert read[0].targets[:4] == ((), (1,), (0,), (0, 1))
    first, second = (read_table_data(place, None) for place in (table, tmp_path / "shards"))
    assert isinstance(first, MultiLabelData)
    assert isinstance(second, MultiLabelData)
    assert first.labels == second.labels
    assert len(first.training.paths) == len(second.training.paths)


@pytest.mark.parametrize("parts", [("train", "valid"), ("valid", "test")])
def test_parts_as_roboflow_has_them(parts: tuple[str, ...], tmp_path: Path):
    for place, part in enumerate(parts):
        rows = draw_labels(tmp_path / part, 4, 100 * place)
        write_columns(tmp_path / part / "_classes.csv", rows)
    found = check(tmp_path)
    assert {part.name for part in found.subject.parts} >= {"val"}
    assert bool(found.stops) == ("train" not in parts)


def test_tables_by_part_of_one_label_each_are_what_training_learns(tmp_path: Path):
    rows = draw_labels(tmp_path / "train_images", 8)
    names = [(name, own[0]) for name, own in rows if len(own) == 1]
    lines = [f"{Path(name).stem},{own}\n" for name, own in names]
    (tmp_path / "train.csv").write_text("id_code,diagnosis\n" + "".join(lines))
    (tmp_path / "test.csv").write_text("id_code\n" + f"{Path(rows[0][0]).stem}\n")
    found = check(tmp_path)
    assert found.subject.layout == "a label a picture, in a table (train.csv)"
    (part,) = found.subject.parts
    assert (part.counts, len(part.targets)) == ((2, 2), 4)
    assert not found.stops
    assert any("the part 'test' is left out: " in note for note in found.warnings)
    assert any("'id_code' is taken for the pictures" in note for note in found.warnings)
    learnt = read_table_data(tmp_path, None)
    assert isinstance(learnt, TrainingData)
    assert learnt.labels == found.subject.labels


def test_a_picture_without_a_class_stops_where_the_others_have_one(tmp_path: Path):
    (name, _), *_ = rows = draw_labels(tmp_path, 3)
    lines = [f"{name},{'|'.join(own)}\n" for name, own in rows]
    (tmp_path / "train.csv").write_text("path,label\n" + "".join(lines))
    (stop,) = check(tmp_path).stops
    assert stop.startswith("1 pictures in 'train' have no class, such as ")
    assert stop.endswith(Path(name).name)


def test_one_label_each_is_a_table_of_classes(tmp_path: Path):
    rows = [(name, own) for name, own in draw_labels(tmp_path, 8) if len(own) == 1]
    write_joined(tmp_path / "labels.csv", rows)
    assert check(tmp_path).subject.layout == "a table (labels.csv)"
