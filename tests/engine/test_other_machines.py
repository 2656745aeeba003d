"""The engine on an ARM that is emulated: its kernels give what the reference gives."""

import shutil
from pathlib import Path

import hatch_build
import pytest

from tests.engine.builds import Build, Command, run
from tests.engine.cases import head_graphs, random_graph, write_cases

COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
pytestmark = pytest.mark.skipif(
    not shutil.which(COMPILER) or not shutil.which(EMULATOR),
    reason=f"needs {COMPILER} and {EMULATOR} (Debian: apt install g++-aarch64-linux-gnu qemu-user)",
)


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("arm")
    flags = ("-O1", "-static")
    sources = hatch_build.sources_for("aarch64")
    return Build(COMPILER, flags, folder, hatch_build.compile_all(COMPILER, sources, folder, flags))


@pytest.fixture(scope="module")
def compare(arm: Build) -> Command:
    return arm.program("compare")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    graphs = [*head_graphs()[:2], *(random_graph(seed) for seed in (1, 2, 3, 6))]
    return write_cases(tmp_path_factory.mktemp("cases"), graphs)


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ("max", ["neoni8mm", "neondot", "neon", "scalar"]),
        ("neoverse-n1", ["neondot", "neon", "scalar"]),
        ("cortex-a53", ["neon", "scalar"]),
    ],
)
def test_every_step_is_the_references(
    compare: Command, cases: list[Path], processor: str, expected: list[str]
):
    """A Neoverse N1 has no matrix products, a Cortex-A53 no dot products either: the engine notices
    and does without.
    """
    some = cases if processor == "max" else cases[-3:]
    said = run([EMULATOR, "-cpu", processor, *compare, "2", "2", *some], 300).splitlines()
    assert [line.split(":")[0] for line in said] == expected
    assert all(line.endswith(" 0 differ") for line in said)


def test_kernels_agree_with_the_plain_ones(arm: Build):
    """Each alone, on 40 random problems of each kind."""
    said = run([EMULATOR, "-cpu", "max", *arm.program("kernels"), "1", "40"], 300)
    assert (
        said == f"0 of {len(['neoni8mm', 'neondot', 'neon', 'scalar']) * 6 * 40} problems differ\n"
    )
