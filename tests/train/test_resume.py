"""A run that is killed and gone on with ends with the same bits as one that is left alone."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.train.state import load_state, save_state
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

EPOCH = 4
"""Steps: sixteen pictures, four of each class held out of twenty, in batches of four."""


@pytest.fixture(scope="module")
def first(small: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("first") / "first.safetensors"
    store.save(small, path)
    return path


def run(
    data: Path,
    out: Path,
    first: Path,
    kind: int = 0,
    step: int = 0,
    save_seconds: float = 300,
    teacher: Path | str = "none",
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("killable.py"))]
    arguments = [data, out, first, kind, step, save_seconds, teacher]
    return subprocess.run(
        [*command, *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def undisturbed(pictures: Path, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    result = run(pictures, out, first)
    assert result.returncode == 0, result.stderr
    return out


def assert_same_end(one: Path, other: Path) -> None:
    for name in ("model.safetensors", "best.safetensors"):
        ours, theirs = store.load(one / name), store.load(other / name)
        assert ours.metrics == theirs.metrics
        for weight, array in theirs.weights.items():
            assert np.array_equal(ours.weights[weight], array), f"{name}: {weight}"
    logs = [
        [line.rsplit(",", 2)[0] for line in (out / "log.csv").read_text().splitlines()]
        for out in (one, other)
    ]
    assert logs[0] == logs[1]
    assert len(logs[0]) == 1 + 3


def test_killed_between_and_within_epochs(
    pictures: Path, first: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """First with a state from the last epoch's end, then with one from the middle of an epoch."""
    for step, save_seconds in ((EPOCH + 2, 300), (2 * EPOCH + 3, 0)):
        result = run(pictures, tmp_path, first, signal.SIGKILL, step, save_seconds)
        assert result.returncode == -signal.SIGKILL
    state = load_state(tmp_path / "state.pt", torch.device("cpu"))
    assert state["step"] == 2 * EPOCH + 2
    result = run(pictures, tmp_path, first)
    assert result.returncode == 0, result.stderr
    assert_same_end(tmp_path, undisturbed)


def test_interrupted_finishes_the_step_and_saves(
    pictures: Path, first: Path, undisturbed: Path, tmp_path: Path
) -> None:
    result = run(pictures, tmp_path, first, signal.SIGINT, 2)
    assert result.returncode != 0
    assert "stopped after step 2 of 12; everything is saved" in result.stderr
    assert load_state(tmp_path / "state.pt", torch.device("cpu"))["step"] == 2
    assert run(pictures, tmp_path, first).returncode == 0
    assert_same_end(tmp_path, undisturbed)


def test_a_run_with_a_teacher_goes_on_with_the_same_bits(
    pictures: Path, first: Path, tmp_path: Path
) -> None:
    """Without labels, so that the teacher decides everything."""
    teacher = tmp_path / "teacher.safetensors"
    small = store.load(first)
    store.save(replace(small, weights=random_weights(build(small.spec), seed=6)), teacher)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert run(pictures, undisturbed, first, teacher=teacher).returncode == 0
    result = run(pictures, killed, first, signal.SIGKILL, EPOCH + 2, 0, teacher)
    assert result.returncode == -signal.SIGKILL
    result = run(pictures, killed, first, teacher=teacher)
    assert result.returncode == 0, result.stderr
    assert_same_end(killed, undisturbed)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_leaves_the_old_state(tmp_path: Path) -> None:
    """No file may grow beyond 10 kB: writes fail as they do on a full disk."""
    import resource

    path = tmp_path / "state.pt"
    save_state({"step": 1}, path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(TrainingError, match=r"took only a part of it\. .* free some space"):
            save_state({"step": 2, "weights": torch.zeros(100_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert load_state(path, torch.device("cpu"))["step"] == 1
    assert [found.name for found in tmp_path.iterdir()] == ["state.pt"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"no pickle"])
def test_a_corrupt_state_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(TrainingError, match="Remove it to begin anew"):
        load_state(tmp_path / "state.pt", torch.device("cpu"))


def test_a_state_of_another_release_is_refused(tmp_path: Path) -> None:
    torch.save({"version": 99}, tmp_path / "state.pt")
    with pytest.raises(TrainingError, match="reads version 1, got 99"):
        load_state(tmp_path / "state.pt", torch.device("cpu"))
