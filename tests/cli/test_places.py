"""What could not be written after a command's work is refused before it, in one line."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main

PROC = Path("/proc/self")

pytestmark = pytest.mark.skipif(
    not PROC.exists(), reason="this system has no /proc, which refuses even root"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two classes of two pictures."""
    for name, color in (("a", 60), ("b", 180)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in (0, 40):
            picture = Image.new("RGB", (64, 64), (color, color + number, 90))
            picture.save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


COMMANDS = {
    "predict --save": "predict {data} --model {detector} --save {folder}",
    "predict --crops": "predict {data} --model {detector} --crops {folder}",
    "predict --yolo": "predict {data} --model {detector} --yolo {folder}",
    "predict --csv": "predict {data} --model {model} --csv {folder}/a.csv",
    "predict --coco": "predict {data} --model {detector} --coco {folder}/a.json",
    "predict --out": "predict {data} --model {model} --out {folder}",
    "embed": "embed {data} --model {model} --out {folder}/a.npy",
    "evaluate --report": "evaluate --model {model} --data {data} --report {folder}/a.html",
    "evaluate --mistakes": "evaluate --model {model} --data {data} --mistakes {folder}/a.png",
    "check --sheet": "check {data} --sheet {folder}/a.png",
    "export": "export {model} {folder}/a.onnx",
    "export --web": "export {model} --web {folder}",
    "export ncnn": "export {model} {folder}/a.param",
    "convert": "convert {model} {folder}/a.safetensors",
    "quantize": "quantize {model} --pictures {data} --out {folder}/a.safetensors",
    "train": "train classify --data {data} --out {folder}",
    "shards": "shards {data} --out {folder}/s",
    "benchmark --plot": "benchmark --model {model} --plot {folder}/a.svg",
    "paper": "paper table2 --out {folder}",
}


@pytest.mark.parametrize("how", COMMANDS)
def test_a_folder_that_takes_no_files(how: str, tiny_file, tiny_detector_file, data: Path):
    """It is there, so that making it does not fail."""
    names = {"data": data, "model": tiny_file, "detector": tiny_detector_file, "folder": PROC}
    result = CliRunner().invoke(main, COMMANDS[how].format(**names).split())
    assert result.exit_code == 1
    assert result.stdout == ""
    error = next(line for line in result.stderr.splitlines() if line.startswith("Error"))
    assert str(PROC) in error
    assert os.strerror(2) in error


@pytest.mark.parametrize("suffix", [".onnx", ".tflite", ".param", ".program"])
def test_a_folder_in_the_place_of_an_export(suffix: str, tiny_file, tmp_path: Path, monkeypatch):
    (tmp_path / f"net{suffix}").mkdir()
    monkeypatch.setattr("mobilenetv2.deploy.export._write", None)
    result = CliRunner().invoke(main, ["export", str(tiny_file), str(tmp_path / f"net{suffix}")])
    assert result.exit_code == 1
    assert f"net{suffix} is a folder; choose another folder" in result.stderr
