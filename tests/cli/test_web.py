"""A page for a browser, as a user asks for it."""

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from mobilenetv2.engine.wasm import wasm_modules
from mobilenetv2.errors import MissingDependencyError
from tests.cli.test_commands import run


@pytest.fixture(autouse=True, scope="module")
def engine() -> None:
    try:
        wasm_modules()
    except MissingDependencyError as error:
        pytest.skip(str(error))


def test_it_says_where_it_is_and_serves_the_page(tiny_file: Path):
    command = [sys.executable, "-m", "mobilenetv2", "web", "--model", str(tiny_file), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        address = next(filter(None, (re.search(r"open (\S+)", line) for line in lines)))[1]
        page = urllib.request.urlopen(address, timeout=10).read().decode()
        process.terminate()
    assert "<title>mobilenetv2</title>" in page


def test_a_ready_folder(tiny_detector_file: Path, tmp_path: Path):
    done = run("export", tiny_detector_file, "--web", tmp_path / "public", "--no-verify")
    assert done.returncode == 0, done.stderr
    assert "ready for any web server" in done.stdout
    assert (tmp_path / "public" / "index.html").is_file()
    assert len(list((tmp_path / "public" / "models").glob("*.program"))) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["objects"], "give a TARGET, or a folder with --web"),
        (["objects", "a.onnx", "--web", "b"], "give a TARGET, or a folder with --web"),
        (["cells", "--detections", "--web", "b"], "--detections are not for --web"),
    ],
)
def test_a_folder_or_a_file_is_written(arguments: list[str], sentence: str, tmp_path: Path):
    done = run("export", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
