"""A process that forks has children that answer, whatever its threads were about to do."""

import ctypes
import os
from pathlib import Path

import pytest

from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.engine import library
from mobilenetv2.model import load_checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from tests.scripts import run_script

pytestmark = [
    pytest.mark.skipif(not library.available(), reason="the engine was not built"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here"),
]

FORKING = Path(__file__).with_name("forking.py")
CHAIN = Path(__file__).with_name("fork_chain.py")


@pytest.fixture(scope="module")
def program(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fork") / "tiny.program"
    compile_network(fold_checkpoint(load_checkpoint(tiny_file)), path)
    return path


def test_children_answer_though_other_threads_were_predicting(
    tiny_file: Path, tiny_detector_file: Path, program: Path
):
    said = run_script(FORKING, 20, tiny_file, tiny_detector_file, program, seconds=40)
    right, wrong, *ends = map(int, said.split())
    assert ends == [0] * 20
    assert right > 0
    assert wrong == 0


@pytest.mark.skipif(
    os.name != "posix" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="the C library does not count memory",
)
def test_a_chain_of_forks_loses_no_memory():
    """A run of this model works in 1.1 MB, which a child makes anew and gives back the old."""
    first, *others = map(int, run_script(CHAIN, 8, "objects", seconds=40).split())
    assert len(others) == 7
    assert max(others) - first < 500


def test_nothing_is_made_by_whoever_comes_first():
    """What C++ makes at its first use stays locked in a child that is forked meanwhile."""
    assert b"__cxa_guard_acquire" not in Path(library.LIBRARY).read_bytes()
