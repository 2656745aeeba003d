"""A stdout that is full, closed or of few letters ends no command with a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.cli.streams import ended_by_signals

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def run(command: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m mobilenetv2 {command}"],
        env=os.environ | variables, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@needs_full
@pytest.mark.parametrize("command", ["models", "--help"])
def test_a_full_disk_below_stdout(command: str) -> None:
    result = run(f"{command} > /dev/full")
    assert result.returncode == 1
    assert result.stderr.decode() == ("Error: cannot write the results: No space left on device\n")


def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    command = f"cd {tmp_path} && mkdir x && cd x && rmdir ../x && {sys.executable} -m mobilenetv2"
    found = subprocess.run(
        ["bash", "-c", f"{command} convert a.onnx"], capture_output=True, check=False, timeout=120
    )
    assert found.returncode == 1
    assert b"the working folder is gone" in found.stderr


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_once_it_has_cleared_up(kind: signal.Signals) -> None:
    cleared = []

    def work() -> None:
        with ended_by_signals():
            try:
                os.kill(os.getpid(), kind)
                time.sleep(5)
            finally:
                cleared.append(True)

    # Whoever runs the tests may have had them ignore it, as nohup does.
    before = signal.signal(kind, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as ended:
            work()
        assert (ended.value.code, cleared) == (128 + kind, [True])
        assert signal.getsignal(kind) is signal.SIG_DFL
    finally:
        signal.signal(kind, before)


def test_what_a_batch_system_ends_leaves_a_table_that_can_be_read(
    tiny_file: Path, tmp_path: Path
) -> None:
    """A row a name, as Ctrl-C leaves it."""
    folder, out = tmp_path / "many", tmp_path / "a.npy"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    for number in range(4000):
        (folder / f"{number}.png").hardlink_to(tmp_path / "a.png")
    command = [sys.executable, "-m", "mobilenetv2", "embed", folder, "--model", tiny_file]
    process = subprocess.Popen([*command, "--out", out], stderr=subprocess.PIPE)
    while process.poll() is None and not (out.exists() and out.stat().st_size > 1000):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.endswith(b"Ended by SIGTERM.\n")
    names = out.with_suffix(".txt").read_text().splitlines()
    assert 0 < len(np.load(out)) == len(names) < 4000


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_reader_that_leaves(tiny_file: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    for number in range(40):
        (tmp_path / f"{number}{'b' * 100}.png").write_bytes((tmp_path / "a.png").read_bytes())
    result = run(f"predict --json --model {tiny_file} {tmp_path} | head -1")
    assert json.loads(result.stdout)["task"] == "classification"
    assert b"Traceback" not in result.stderr


def test_streams_that_were_closed(tiny_file: Path, tmp_path: Path) -> None:
    """The table's file must not get the number of a closed stream, and with it what is printed."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    table = tmp_path / "table.csv"
    command = f"predict --model {tiny_file} {tmp_path / 'a.png'} --csv {table}"
    assert run(f"{command} <&- >&- 2>&-").returncode == 0
    closed = table.read_bytes()
    assert run(command).returncode == 0
    assert table.read_bytes() == closed


@pytest.mark.parametrize("as_json", ["", "--json"])
def test_a_terminal_of_few_letters(tiny_file: Path, tmp_path: Path, as_json: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "büro.png")
    command = f"predict {as_json} --model {tiny_file} {tmp_path}"
    result = run(command, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    if as_json:
        assert json.loads(result.stdout)["path"] == str(tmp_path / "büro.png")
    else:
        assert rb"b\xfcro.png" in result.stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
def test_results_reach_their_file_while_a_bar_is_drawn(tiny_file: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "mobilenetv2", "predict", "--json", "--model", str(tiny_file)]
    result = subprocess.run(
        [*command, str(tmp_path)], stdout=subprocess.PIPE, stderr=theirs, timeout=120, check=True,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    drawn = os.read(ours, 10_000)
    os.close(ours)
    assert json.loads(result.stdout)["path"] == str(tmp_path / "a.png")
    assert b"Labeling" in drawn
    assert b"predictions" not in drawn


@pytest.mark.parametrize(
    ("stop", "status", "said"),
    [("KeyboardInterrupt", 130, "Interrupted.\n"), ("SystemExit(143)", 143, "")],
)
def test_a_stop_while_a_class_is_made_is_a_stop(stop: str, status: int, said: str) -> None:
    script = (
        "import sys\n"
        "from mobilenetv2.cli import run\n"
        "from mobilenetv2.cli.models import models\n"
        "class Field:\n"
        f"    def __set_name__(self, owner, name): raise {stop}\n"
        "def making(): type('Made', (), {'field': Field()})\n"
        "models.callback, models.params = making, []\n"
        "sys.argv = ['mobilenetv2', 'models']\n"
        "run()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (status, said)


def test_an_exception_of_no_kind_of_ours_is_one_line(tmp_path: Path) -> None:
    script = (
        "from mobilenetv2.cli import Commands, run\n"
        "from mobilenetv2.cli.models import models\n"
        "def broken(): raise KeyError('kernel')\n"
        "models.callback = broken\n"
        "models.params = []\n"
        "import sys; sys.argv = ['mobilenetv2', 'models']\n"
        "run()\n"
    )
    for debug in ("", "1"):
        result = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False,
            env=os.environ | {"MOBILENETV2_DEBUG": debug},
        )  # fmt: skip
        assert result.returncode == 1
        assert result.stderr.splitlines()[-1].startswith("Error: KeyError ('kernel'), which")
        assert ("Traceback" in result.stderr) == bool(debug)
