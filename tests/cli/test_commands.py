"""The commands as a user runs them: real processes, real files, exit statuses."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.cli import main

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mobilenetv2", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


def json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


class TestPredict:
    def test_a_table_for_people(self, tiny_file: Path):
        result = run("predict", "--model", tiny_file, EXAMPLES / "coffee.jpg")
        assert result.returncode == 0, result.stderr
        assert "coffee.jpg" in result.stdout
        assert "%" in result.stdout

    def test_json_lines_keep_the_contract(self, tiny_file: Path):
        result = run("predict", "--model", tiny_file, "--top", 2, "--json", EXAMPLES)
        assert result.returncode == 0, result.stderr
        lines = json_lines(result.stdout)
        assert [Path(str(line["path"])).name for line in lines] == [
            "cat.jpg",
            "coffee.jpg",
            "photographer.jpg",
        ]
        for line in lines:
            assert set(line) == {"path", "task", "predictions"}
            assert line["task"] == "classification"
            predictions = line["predictions"]
            assert isinstance(predictions, list)
            assert len(predictions) == 2
            assert set(predictions[0]) == {"label", "index", "score"}

    def test_patterns_are_expanded_and_files_named_twice_run_once(self, tiny_file: Path):
        pattern = EXAMPLES / "c*.jpg"
        result = run("predict", "--model", tiny_file, "--json", pattern, EXAMPLES / "cat.jpg")
        names = [Path(str(line["path"])).name for line in json_lines(result.stdout)]
        assert names == ["cat.jpg", "coffee.jpg"]

    def test_a_bad_picture_among_good_ones(self, tiny_file: Path, tmp_path: Path):
        bad = tmp_path / "bad.jpg"
        bad.write_bytes((EXAMPLES / "cat.jpg").read_bytes()[:5000])
        result = run("predict", "--model", tiny_file, "--json", bad, EXAMPLES / "cat.jpg")
        assert result.returncode == 1
        first, second = json_lines(result.stdout)
        assert set(first) == {"path", "error"}
        assert "predictions" in second
        assert "bad.jpg" in result.stderr

    def test_saved_pictures_never_overwrite_each_other(self, tiny_file: Path, tmp_path: Path):
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            Image.new("RGB", (30, 30)).save(tmp_path / folder / "x.png")
        out = tmp_path / "out"
        result = run("predict", "--model", tiny_file, "--save", out, tmp_path / "a", tmp_path / "b")
        assert result.returncode == 0, result.stderr
        saved = sorted(path.name for path in out.iterdir())
        assert saved == ["x-2.predicted.jpg", "x.predicted.jpg"]
        assert Image.open(out / saved[0]).width == 160

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nothing.jpg"], "no such file"),
            (["no*such.jpg"], "must match at least one file"),
            (["--model", "nonsense", "x.jpg"], "neither a file nor a model"),
        ],
    )
    def test_mistakes_get_one_clear_line(
        self, tiny_file: Path, tmp_path: Path, arguments: list[str], message: str
    ):
        result = run("predict", "--model", tiny_file, *arguments, cwd=tmp_path)
        assert result.returncode == 1
        assert message in result.stderr
        assert "Traceback" not in result.stderr

    def test_no_picture_is_a_usage_error(self):
        result = run("predict")
        assert result.returncode == 2
        assert "PATH" in result.stderr


class TestEvaluate:
    def test_table_and_json(self, tiny_file: Path, tmp_path: Path):
        for name, color in (("ant/1.png", "red"), ("bee/2.png", "blue")):
            (tmp_path / name).parent.mkdir()
            Image.new("RGB", (30, 30), color).save(tmp_path / name)
        table = run("evaluate", "--model", tiny_file, "--data", tmp_path)
        assert "top-1" in table.stdout
        result = run("evaluate", "--model", tiny_file, "--data", tmp_path, "--json")
        (report,) = json_lines(result.stdout)
        assert report["count"] == 2
        assert report["top5"] == 1.0
        assert 0 <= float(str(report["top1"])) <= 1

    def test_classes_that_the_model_lacks(self, tiny_file: Path, tmp_path: Path):
        (tmp_path / "zebra").mkdir()
        result = run("evaluate", "--model", tiny_file, "--data", tmp_path)
        assert result.returncode == 1
        assert "zebra" in result.stderr


class TestInfo:
    def test_the_contract_at_width_1(self):
        (report,) = json_lines(run("info", "--width", 1.0, "--size", 224, "--json").stdout)
        assert report["madds"] == 300_774_272
        assert report["parameters"] == 3_504_872
        assert report["weights"] == 3_469_760

    @pytest.mark.parametrize(
        ("arguments", "madds", "parameters"),
        [
            (["--width", "0.35", "--size", "96"], 11_934_128, 1_677_128),
            (["--head", "ssdlite", "--size", "320"], 788_830_144, 4_337_013),
            (["--head", "deeplab"], 2_740_709_056, 2_113_557),
            (["--head", "deeplab-aspp", "--output-stride", "8"], 19_001_546_432, 4_523_541),
            (["--backbone", "mobilenetv1"], 568_740_352, 4_231_976),
        ],
    )
    def test_other_networks(self, arguments: list[str], madds: int, parameters: int):
        (report,) = json_lines(run("info", *arguments, "--json").stdout)
        assert (report["madds"], report["parameters"]) == (madds, parameters)

    def test_a_table_of_a_model(self, tiny_file: Path):
        result = run("info", tiny_file)
        assert result.returncode == 0
        assert run("info", "--model", tiny_file).stdout == result.stdout
        for expected in ("block16.project", "multiply-adds", "random weights", "CC0-1.0"):
            assert expected in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [(["--size", "big"], "HEIGHTxWIDTH"), (["--width", "-1"], "width must be in")],
    )
    def test_mistakes(self, arguments: list[str], message: str):
        result = run("info", *arguments)
        assert result.returncode == 1
        assert message in result.stderr


def test_the_help_of_predict_fits_two_screens():
    with click.Context(main, terminal_width=80) as context:
        predict = main.get_command(context, "predict")
        assert predict is not None
        with click.Context(predict, context, "predict", terminal_width=80) as inner:
            assert len(predict.get_help(inner).splitlines()) <= 2 * 24


def test_help_lists_every_command():
    text = run("--help").stdout
    for name in ("predict", "evaluate", "train", "convert", "models", "info"):
        assert f"  {name} " in text


def every_command(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for child in group.list_commands(context):
        command = group.get_command(context, child)
        assert command is not None
        yield f"{name} {child}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{name} {child}")


@pytest.mark.parametrize(("name", "command"), list(every_command(main, "mobilenetv2")))
def test_help_texts_hold_their_examples_one_a_line(name: str, command: click.Command):
    with click.Context(command, info_name=name) as context:
        text = command.get_help(context)
    assert "\\b" not in text
    examples = [line for line in text.splitlines() if line.startswith("  mobilenetv2 ")]
    assert all(line.count("mobilenetv2 ") == 1 for line in examples), examples
