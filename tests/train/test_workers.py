"""A process that decodes is killed: whatever the parent is doing then, the run says so."""

import os
import signal
from multiprocessing import Process
from pathlib import Path

import pytest

from mobilenetv2.errors import CheckpointError, TrainingError
from mobilenetv2.reading import reading
from mobilenetv2.train import workers
from mobilenetv2.train.state import replace_file
from mobilenetv2.train.workers import deaths_told

TORCHS = "DataLoader worker (pid 7) is killed by signal: Killed. "
CLEAR = "a process that decodes pictures was killed"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LATEST_SECONDS", 0.05)


def test_torchs_own_word() -> None:
    with (
        pytest.raises(TrainingError, match=f"{CLEAR}.*pid 7.*What was saved before"),
        deaths_told(),
    ):
        raise RuntimeError(TORCHS)


def test_in_the_middle_of_a_file_that_is_read() -> None:
    with (
        pytest.raises(TrainingError, match=f"{CLEAR}.*: DataLoader"),
        deaths_told(),
        reading("labels.txt"),
    ):
        raise RuntimeError(TORCHS)


def test_in_the_middle_of_a_file_that_is_written(tmp_path: Path) -> None:
    def write(_: Path) -> None:
        try:
            raise RuntimeError(TORCHS)
        finally:
            raise RuntimeError("unexpected pos 64 vs 0")  # torch's archive, cut off

    with pytest.raises(TrainingError, match=CLEAR), deaths_told():
        replace_file(tmp_path / "state.pt", write)
    assert not list(tmp_path.iterdir())


def test_where_a_library_makes_something_else_of_it() -> None:
    """By what the system knows of a child that nobody has asked after."""
    idle, killed = (Process(target=do) for do in (int, signal.pause))
    idle.start()
    killed.start()
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    try:
        with pytest.raises(TrainingError, match=f"{CLEAR}.*{killed.pid}.*signal 9"), deaths_told():
            raise SystemError("returned a result with an exception set")
    finally:
        idle.join()
        killed.join()


def test_the_end_of_a_connection() -> None:
    with pytest.raises(TrainingError, match=f"{CLEAR}.*EOFError"), deaths_told():
        raise EOFError


def test_errors_that_tell_of_no_death_pass() -> None:
    with pytest.raises(CheckpointError, match="too short"), deaths_told():
        raise CheckpointError("too short")
    with pytest.raises(KeyError, match="stem"), deaths_told():
        raise KeyError("stem")
