"""Labels, file names and messages cannot command a terminal, whatever table they stand in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import messages, output, print_json
from mobilenetv2.cli.safe_text import safe

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egnp.exe\r\x00"


@pytest.mark.parametrize("text", ["plain", "caf\u00e9 \u732b", "two\nlines\tand", ""])
def test_ordinary_text_is_left_alone(text: str):
    assert safe(text) == text


def test_commands_are_spelled_out():
    told = safe(ESCAPES)
    assert told.startswith("\\x1b[31mred\\x1b]0;title\\x07\\x9b2J\\u202e")
    assert told.isprintable()
    assert safe(os.fsdecode(b"a\xff.png")) == "a\\xff.png"


@pytest.mark.parametrize("console", [output, messages])
def test_no_table_and_no_message_lets_one_through(capfd: pytest.CaptureFixture[str], console):
    table = Table("name")
    table.add_row(escape(ESCAPES))
    console().print(table)
    console().print(f"[red]error:[/red] {escape(ESCAPES)}", soft_wrap=True)
    console().print(ESCAPES, markup=False, soft_wrap=True)
    written = "".join(capfd.readouterr())
    assert written.count("\\x1b") == 6
    assert not {"\x1b", "\x9b", "\u202e", "\x07", "\x00", "\r"} & set(written)


def test_json_means_the_same(capfd: pytest.CaptureFixture[str]):
    value = {"path": os.fsdecode(b"a\xff.png"), "label": ESCAPES, "word": "caf\u00e9"}
    print_json(value)
    written = capfd.readouterr().out
    assert json.loads(written) == value
    assert "\x9b" not in written
    assert "caf\u00e9" in written


@pytest.mark.parametrize("name", [b"a\xff.png", b"a\x1b[31m.png", b"a\n.png"])
@pytest.mark.parametrize("as_json", [False, True])
def test_pictures_of_any_name_are_predicted(tmp_path: Path, tiny_file: Path, name: bytes, as_json):
    folder = os.fsencode(tmp_path / "in")
    Path(os.fsdecode(folder)).mkdir()
    Image.new("RGB", (8, 8)).save(os.fsdecode(folder + b"/" + name))
    Path(os.fsdecode(folder + b"/broken" + name)).write_bytes(b"x")
    command = [sys.executable, "-m", "mobilenetv2", "predict", folder, "--model", str(tiny_file)]
    result = subprocess.run([*command, *(["--json"] if as_json else [])], capture_output=True)
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert b"\x1b" not in result.stdout + result.stderr
    (result.stdout + result.stderr).decode("utf-8")
    if as_json:
        answers = [json.loads(line) for line in result.stdout.decode().splitlines()]
        paths = {os.path.basename(os.fsencode(answer["path"])) for answer in answers}  # noqa: PTH119
        assert paths == {name, b"broken" + name}
