"""`mobilenetv2 paper` as a user meets it."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mobilenetv2.cli import main


def paper(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["paper", *map(str, arguments)])


def test_list_names_every_table_and_figure():
    done = paper("list", "--json")
    names = [item["item"] for item in json.loads(done.stdout)["items"]]
    assert done.exit_code == 0
    assert {"table1", "table7", "figure1", "figure7", "memory", "lemma2", "theorem1"} <= set(names)
    assert "Table 4" in paper("list").stdout


def test_a_table_shows_printed_ours_and_verdict():
    done = paper("table5")
    assert done.exit_code == 0
    assert "14,776,629" in done.stdout
    assert "erratum" in done.stdout


def test_json_is_the_items_data():
    found = json.loads(paper("table5", "--json").stdout)
    assert found["section"] == "6.2"
    assert found["data"]["cells"][-1]["verdict"] == "erratum"
    spiral = json.loads(paper("figure1", "--json").stdout)["data"]
    assert len(spiral["embeddings"][0]["points"]) == len(spiral["spiral"])


@pytest.mark.parametrize("picture", ["svg", "png"])
def test_an_item_is_written_as_markdown_json_and_picture(tmp_path: Path, picture: str):
    done = paper("figure3", "--out", tmp_path / "new", "--format", picture)
    assert done.exit_code == 0, done.output
    found = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert found == ["figure3.json", "figure3.md", f"figure3.{picture}"]
    assert f"](figure3.{picture})" in (tmp_path / "new" / "figure3.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("table99",), "table99"),
        (("all",), "needs --out"),
        (("table4", "--train"), "--train is for figure6 alone, got table4"),
        (("figure6", "--train"), "--train needs --data and --out"),
        (("figure6", "--data", "x"), "figure6 --train and figure7 --measure"),
        (("figure7", "--measure", "--data", "x", "--out", "y"), "--measure needs --model"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(arguments: tuple[str, ...], message: str):
    done = paper(*arguments)
    assert done.exit_code == 2
    assert message in done.output


@pytest.mark.parametrize("training", [(), ("--train", "--data", "photos")])
def test_a_picture_that_cannot_be_drawn_is_told_of_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training: tuple[str, ...]
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    refused = paper("figure6", "--out", tmp_path / "out", *training)
    assert refused.exit_code == 1
    assert "mobilenetv2[paper]" in refused.output
    assert not refused.stdout
    assert not (tmp_path / "out").exists()


def test_figure_6_is_trained_drawn_and_not_trained_again(shared: Path, tmp_path: Path):
    source = shared / "data" / "tiny-imagenet-20" / "train"
    for folder in sorted(path for path in source.iterdir() if path.is_dir())[:2]:
        (tmp_path / "data" / folder.name).mkdir(parents=True)
        for picture in sorted(folder.iterdir())[:6]:
            shutil.copy(picture, tmp_path / "data" / folder.name)
    command = (
        "figure6", "--train", "--data", tmp_path / "data", "--out", tmp_path / "out",
        "--epochs", 1, "--seeds", 2, "--width", 0.2, "--size", 32, "--batch-size", 4,
        "--family", "shortcut", "--workers", 0, "--device", "cpu",
    )  # fmt: skip
    done = paper(*command)
    assert done.exit_code == 0, done.output
    assert "between expansions" in done.stdout
    assert (tmp_path / "out" / "figure6.svg").is_file()
    records = sorted((tmp_path / "out" / "records").iterdir())
    assert len(records) == 6
    before = [json.loads(path.read_text("utf-8"))["curve"] for path in records]
    again = paper("figure6", "--runs", tmp_path / "out" / "records", "--json")
    assert json.loads(again.stdout)["data"]["scales"][0]["runs"] == 6
    assert [json.loads(path.read_text("utf-8"))["curve"] for path in records] == before


def test_figure_7_is_counted_anew(tiny_file: Path, shared: Path, tmp_path: Path):
    done = paper(
        "figure7", "--measure", "--model", tiny_file, "--data", shared / "data" / "photos",
        "--out", tmp_path, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["data"]
    assert found["weights"] == "tiny.safetensors"
    assert found["count"] == 5
    assert (tmp_path / "records" / "figure7.json").is_file()


def test_what_a_full_disk_refuses_is_named_and_not_left_in_half(small_disk: Path):
    """The picture alone is larger than the disk."""
    done = paper("figure3", "--out", small_disk, "--format", "png")
    assert done.exit_code == 1
    assert "figure3.png: No space left on device" in done.stderr
    assert sorted(path.name for path in small_disk.iterdir()) == ["figure3.json", "figure3.md"]
