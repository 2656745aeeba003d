"""`mobilenetv2 check`, as a user runs it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result
from PIL import Image

from mobilenetv2.cli import main
from tests.datasets.annotated import picture, yolo


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_a_sound_data_set_ends_with_0_and_a_broken_one_with_1(tmp_path: Path):
    yolo(tmp_path / "good", {"a": "0 .5 .5 .4 .4\n1 .5 .5 .1 .1\n"})
    done = check(tmp_path / "good")
    assert done.exit_code == 0, done.output
    assert "good: for detection, YOLO (data.yaml), 2 classes" in done.stdout
    assert "Nothing suspicious." in done.stdout
    yolo(tmp_path / "bad", {"a": ""})
    done = check(tmp_path / "bad")
    assert done.exit_code == 1
    assert "Stops a training: there is not one box to learn from" in done.stdout


def test_json_and_sheet(tmp_path: Path):
    for name in ("ant", "bee"):
        picture(tmp_path / f"data/{name}/{name}.png")
    done = check(tmp_path / "data", "--json", "--sheet", tmp_path / "sheet.png")
    told = json.loads(done.stdout)
    assert (told["task"], told["stops"]) == ("classification", [])
    assert Image.open(tmp_path / "sheet.png").width > 900


def test_a_sheet_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path):
    done = check(tmp_path, "--sheet", tmp_path / "sheet.doc")
    assert (done.exit_code, "such as sheet.png" in done.output) == (1, True)
    done = check(tmp_path, "--sheet", tmp_path / "nowhere/sheet.png")
    assert (done.exit_code, "folder that exists" in done.output) == (1, True)


def test_a_sheet_that_a_full_disk_refuses_is_named_and_not_left_in_half(
    tmp_path: Path, small_disk: Path
):
    for name in ("ant", "bee"):
        picture(tmp_path / f"data/{name}/{name}.png")
    done = check(tmp_path / "data", "--sheet", small_disk / "sheet.png")
    assert done.exit_code == 1
    assert "sheet.png: No space left on device" in done.stderr
    assert not list(small_disk.iterdir())


def test_labels_and_file_names_send_no_commands_to_a_terminal(tmp_path: Path):
    for name in ("ant\x1b[31m", "[bold]bee"):
        (tmp_path / name).mkdir()
        picture(tmp_path / name / "a.png")
    done = check(tmp_path)
    assert "\x1b" not in done.output
    assert "[bold]bee" in done.output
