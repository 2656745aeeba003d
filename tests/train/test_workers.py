"""A process that decodes is killed: whatever the parent is doing then, the run says so."""

import os
import signal
from multiprocessing import Process
from pathlib import Path
from typing import NoReturn

import pytest

from mobilenetv2.errors import CheckpointError, TrainingError
from mobilenetv2.reading import reading
from mobilenetv2.train import workers
from mobilenetv2.train.state import replace_file
from mobilenetv2.train.workers import telling_of_deaths

TORCHS = "DataLoader worker (pid 7) is killed by signal: Killed. "
CLEAR = "a process that decodes pictures was killed"


def end_with(error: Exception) -> NoReturn:
    raise error


@pytest.fixture
def no_late_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process has died there is nothing to wait for."""
    monkeypatch.setattr(workers, "LATEST_SECONDS", 0.05)


def test_torchs_own_word() -> None:
    with pytest.raises(TrainingError, match=f"{CLEAR}.*pid 7.*What was saved before"):
        telling_of_deaths(lambda: end_with(RuntimeError(TORCHS)))


def test_in_the_middle_of_a_file_that_is_read() -> None:
    def read() -> None:
        with reading("labels.txt"):
            raise RuntimeError(TORCHS)

    with pytest.raises(TrainingError, match=f"{CLEAR}.*: DataLoader"):
        telling_of_deaths(read)


def test_in_the_middle_of_a_file_that_is_written(tmp_path: Path) -> None:
    def write(_: Path) -> None:
        try:
            raise RuntimeError(TORCHS)
        finally:
            raise RuntimeError("unexpected pos 64 vs 0")  # torch's archive, cut off

    with pytest.raises(TrainingError, match=CLEAR):
        telling_of_deaths(lambda: replace_file(tmp_path / "state.pt", write))
    assert not list(tmp_path.iterdir())


def test_where_a_library_makes_something_else_of_it() -> None:
    """By what the system knows of a child that nobody has asked after."""
    idle, killed = (Process(target=do) for do in (int, signal.pause))
    idle.start()
    killed.start()
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    foreign = SystemError("returned a result with an exception set")
    try:
        with pytest.raises(TrainingError, match=f"{CLEAR}.*{killed.pid}.*signal 9"):
            telling_of_deaths(lambda: end_with(foreign))
    finally:
        idle.join()
        killed.join()


def test_where_its_word_comes_while_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection ends first; torch's handler of the signal interrupts what runs then."""
    monkeypatch.setattr(workers, "monotonic", lambda: end_with(RuntimeError(TORCHS)))
    with pytest.raises(TrainingError, match=f"{CLEAR}.*pid 7"):
        telling_of_deaths(lambda: end_with(EOFError()))


@pytest.mark.usefixtures("no_late_word")
def test_the_end_of_a_connection() -> None:
    with pytest.raises(TrainingError, match=f"{CLEAR}.*EOFError"):
        telling_of_deaths(lambda: end_with(EOFError()))


@pytest.mark.usefixtures("no_late_word")
def test_errors_that_tell_of_no_death_pass() -> None:
    for error in (CheckpointError("too short"), KeyError("stem")):
        with pytest.raises(type(error)) as caught:
            telling_of_deaths(lambda error=error: end_with(error))
        assert caught.value is error
