"""`mobilenetv2 benchmark` and `mobilenetv2 export` from a terminal's side."""

import json

import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_one_json_object(tiny_file):
    result = run(
        "benchmark", "--model", tiny_file, "--against", "litert", "--rounds", 2,
        "--seconds-per-turn", 0.01, "--cold-starts", 1, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert [engine["name"] for engine in report["engines"]] == ["mobilenetv2", "compiled", "LiteRT"]
    assert report["settings"]["rounds"] == 2
    assert report["machine"]["cores"] >= 1
    assert report["engines"][1]["cold_start"]["starts"] == 1
    assert report["engines"][1]["agreement"]["within_tolerance"]


def test_a_table_and_a_drawing(tiny_file, tmp_path):
    pytest.importorskip("matplotlib")
    drawing = tmp_path / "speed.svg"
    result = run(
        "benchmark", "--model", tiny_file, "--control", "--rounds", 1,
        "--seconds-per-turn", 0.01, "--cold-starts", 0, "--plot", drawing,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "control" in result.stdout
    assert "time / ours" in result.stdout
    assert drawing.stat().st_size > 1000


def test_steps_are_a_table_or_an_object(tiny_file):
    short = (
        "benchmark",
        "--steps",
        "--model",
        tiny_file,
        "--rounds",
        1,
        "--seconds-per-turn",
        0.01,
    )
    table = run(*short)
    assert table.exit_code == 0, table.output
    assert "logits" in table.stdout
    assert "all steps" in table.stdout
    report = json.loads(run(*short, "--json").stdout)
    assert report["steps"][0]["name"] == "stem"
    assert report["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    "more", [("--threads", 2), ("--against", "all"), ("--control",), ("--cold-starts", 1)]
)
def test_steps_are_ours_alone_and_one_threads(tiny_file, more):
    refused = run("benchmark", "--steps", "--model", tiny_file, *more)
    assert refused.exit_code == 2
    assert "on one thread" in refused.output


def test_an_unknown_peer_is_named():
    result = run("benchmark", "--against", "litert,tensorrt")
    assert result.exit_code == 2
    assert "got tensorrt" in result.output


def test_export_proves_and_says_so(tiny_file, tmp_path):
    target = tmp_path / "tiny.onnx"
    result = run("export", tiny_file, target)
    assert result.exit_code == 0, result.output
    assert "in onnxruntime" in result.stdout
    assert "of the range" in result.stdout
    assert target.is_file()


def test_export_as_json(tiny_file, tmp_path):
    result = run("export", tiny_file, tmp_path / "tiny.tflite", "--no-verify", "--json")
    report = json.loads(result.stdout)
    assert report["format"] == "tflite"
    assert report["unproved"] == "not asked for"
    assert report["files"] == [str(tmp_path / "tiny.tflite")]


def test_export_of_an_unknown_suffix_is_one_line(tiny_file, tmp_path):
    result = run("export", tiny_file, tmp_path / "tiny.pb")
    assert result.exit_code == 1
    assert result.output.startswith("Error: the file's suffix says the format")


def test_a_folder_is_a_table_or_an_object(tiny_file, tmp_path):
    for name in ("a", "b", "c"):
        Image.new("RGB", (50, 60), "gray").save(tmp_path / f"{name}.jpg")
    short = ("benchmark", "--folder", tmp_path, "--model", tiny_file, "--rounds", 1)
    table = run(*short, "--threads", 1)
    assert table.exit_code == 0, table.output
    assert "pictures/s" in table.stdout
    assert "at least: decoding" in table.stdout
    report = json.loads(run(*short, "--decode", "fast", "--json").stdout)
    assert (report["pictures"], report["decode"], report["rounds"]) == (3, "fast", 1)


def test_options_of_folders_and_of_single_pictures_are_told_apart(tiny_file, tmp_path):
    for more in (("--steps",), ("--against", "litert"), ("--plot", "a.svg"), ("--control",)):
        refused = run("benchmark", "--folder", tmp_path, "--model", tiny_file, *more)
        assert refused.exit_code == 2
        assert "--folder goes with" in refused.output
    for more in (("--against", "torch"), ("--decode", "fast")):
        refused = run("benchmark", "--model", tiny_file, *more)
        assert refused.exit_code == 2
        assert "are for --folder" in refused.output
