"""`mobilenetv2 train` in several processes, from the shell: what it says, and how it is stopped."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.train.state import load_state
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes

OURS = ("-m", "mobilenetv2")
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--rdzv-backend", "c10d")


@pytest.fixture(scope="module")
def files(small: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of pictures, and first weights."""
    folder = tmp_path_factory.mktemp("files")
    store.save(small, folder / "first.safetensors")
    return draw_classes(folder / "data", 10), folder / "first.safetensors"


def start(
    how: tuple[str, ...], files: tuple[Path, Path], out: Path, *more: str
) -> subprocess.Popen:
    """The command in a process group of its own, as a batch system starts it."""
    data, first = files
    command = ["train", "classify", "--data", data, "--model", first, "--out", out]
    fixed = ["--device", "cpu", "--batch-size", "8", "--size", "32", "--json"]
    return subprocess.Popen(
        [sys.executable, *how, *map(str, command), *fixed, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def hear(child: subprocess.Popen, beginning: str) -> str:
    """What it says up to a line that begins so."""
    said = ""
    for line in child.stderr:
        said += line
        if line.startswith(beginning):
            break
    return said


def test_one_process_speaks_and_the_result_says_how_many_made_it(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    more = ("--epochs", "1", "--workers", "0", "--processes", "2")
    result, said = start(OURS, files, tmp_path / "out", *more).communicate(timeout=120)
    answer = json.loads(result)
    assert answer["processes"] == 2
    assert said.count("epoch 1:") == 1
    assert said.count("2 processes share each batch of 8 pictures") == 1
    assert store.load(answer["model"]).provenance.history[-1] == "taught by 2 processes"


@pytest.mark.parametrize("to_all", [True, False])
def test_sigterm_under_torchrun_saves_and_says_so_once(
    files: tuple[Path, Path], tmp_path: Path, to_all: bool
) -> None:
    """To the whole group, with processes that decode, and to torchrun alone."""
    out = tmp_path / "out"
    child = start((*TORCHRUN, *OURS), files, out, "--epochs", "10000", "--workers", "1")
    said = hear(child, "epoch 1:")
    (os.killpg if to_all else os.kill)(child.pid, signal.SIGTERM)
    said += child.communicate(timeout=60)[1]
    assert said.count("Run the same command again to go on") == 1, said
    assert "cannot write" not in said
    assert load_state(out / "state.pt", torch.device("cpu"))["step"] >= 2


def test_a_process_that_is_killed_is_told_of_and_all_begin_again(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    more = ("--epochs", "60", "--workers", "0", "--processes", "2")
    child = start(OURS, files, out, *more)
    said = hear(child, "epoch 2:")
    threads = Path(f"/proc/{child.pid}/task").glob("*/children")
    children = [int(number) for file in threads for number in file.read_text().split()]
    os.kill(children[-1], signal.SIGKILL)
    result, rest = child.communicate(timeout=240)
    assert "a process was killed (SIGKILL); all 2 begin again from what was saved" in said + rest
    assert "going on at step" in rest
    assert json.loads(result)["processes"] == 2


def test_an_error_is_said_once_and_not_tried_again(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    more = ("--epochs", "1", "--processes", "2", "--batch-size", "1")
    child = start(OURS, files, tmp_path / "out", *more)
    said = child.communicate(timeout=120)[1]
    assert child.returncode == 1
    assert said.count("batch_size must be at least the number of processes") == 1, said


def test_another_number_than_torchruns_is_refused(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RANK": 0, "WORLD_SIZE": 2, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    command = ["train", "classify", "--data", str(files[0]), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*command, "--processes", "3"])
    assert result.exit_code == 2
    assert (
        "--processes must be what torchrun has started on this machine, 2, got 3" in result.stderr
    )
