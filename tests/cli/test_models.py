"""`mobilenetv2 models`: the table, the JSON lines, and downloading ahead."""

import json

import pytest
from click.testing import CliRunner

from mobilenetv2.catalog.embedded import EmbeddedWeights
from mobilenetv2.catalog.entries import CATALOG, find
from mobilenetv2.cli import main


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, shared):
    """An empty cache, and a mirror instead of the publishers."""
    monkeypatch.setenv("MOBILENETV2_CACHE", str(tmp_path))
    monkeypatch.setenv("MOBILENETV2_MIRROR", str(shared / "weights"))
    for name in ("MOBILENETV2_OFFLINE", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["models", *arguments])


def rows(*arguments):
    result = run("--json", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_table_has_a_line_for_each_entry():
    table, notes = (part.splitlines() for part in run().stdout.split("\n\n"))
    lines = [line for line in table if line]
    assert len(lines) == 1 + len(CATALOG)
    for line, entry in zip(lines[1:], CATALOG, strict=True):
        assert line.startswith(f"{entry.name} ")
        assert entry.license in line
        assert (entry.figure or "-") in line
    embedded = [entry for entry in CATALOG if isinstance(entry, EmbeddedWeights)]
    count = 1 + len(embedded)
    assert all(line.rstrip().endswith("embedded") for line in lines[1:count])
    assert all(line.rstrip().endswith("remote") for line in lines[count:])
    assert notes == [f"{entry.name}: {entry.note}" for entry in embedded]


def test_json_has_the_same_fields_for_every_entry():
    listed = rows()
    assert [row["name"] for row in listed] == [entry.name for entry in CATALOG]
    assert {frozenset(row) for row in listed} == {
        frozenset(
            "name file urls sha256 bytes license task figure labels note where path".split()  # noqa: SIM905
        )
    }


def test_fetch_downloads_and_says_where(cache):
    entry = find("voc-0.5")
    result = run("--fetch", "voc-0.5")
    assert result.stdout == f"voc-0.5: {cache / entry.file}\n"
    assert "voc-0.5: 0.8 of 0.8 MB downloaded" in result.stderr
    assert (cache / entry.file).stat().st_size == entry.bytes
    (row,) = rows("--fetch", "voc-0.5")
    assert (row["where"], row["path"]) == ("cached", str(cache / entry.file))


def test_a_cached_file_shows_no_progress():
    run("--fetch", "voc-0.5")
    assert run("--fetch", "voc-0.5").stderr == ""


def test_quiet_shows_no_progress():
    assert run("--fetch", "voc-0.5", "--quiet").stderr == ""


def test_a_terminal_gets_a_bar_on_stderr_only(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("--fetch", "voc-0.5")
    assert "━" in result.stderr
    assert "━" not in result.stdout


def test_several_names_are_fetched_in_order():
    result = run("--fetch", "voc-0.5", "--fetch", "objects", "--fetch", "voc", "-q")
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == [
        "voc-0.5",
        "objects",
        "voc",
    ]


def test_an_unknown_name_gets_the_nearest_ones():
    result = run("--fetch", "imagenett")
    assert result.exit_code == 1
    assert "got 'imagenett'. Near it: imagenet" in result.stderr


def test_no_network_says_what_to_do(monkeypatch):
    monkeypatch.setenv("MOBILENETV2_MIRROR", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    result = run("--fetch", "imagenet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for way in ("cannot be reached", "by hand", "MOBILENETV2_MIRROR", "'objects'"):
        assert way in result.stderr
