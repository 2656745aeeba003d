"""The engine where addresses have 32 bits, as in a browser: compared with the reference under the
address and undefined behavior sanitizers, and fuzzed as on 64 bits.
"""

import os
import platform
import subprocess
from pathlib import Path

import hatch_build
import numpy as np
import pytest

from tests.engine.builds import Build, Command, run
from tests.engine.cases import head_graphs, random_graph, write_cases

COMPILER = "g++-12"
FLAGS = (
    "-m32", "-msse2", "-mfpmath=sse", "-isystem/usr/include/x86_64-linux-gnu", "-O1", "-g1",
    "-fno-sanitize-recover=all", "-fsanitize=address,undefined",
)  # fmt: skip
"""Floats in SSE, as they are rounded everywhere else; the folder has Linux's own headers."""

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="32-bit programs are tried on x86-64 under Linux",
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("narrow")
    source, program = folder / "empty.cpp", folder / "empty"
    source.write_text("#include <vector>\nint main() { return 0; }\n")
    try:
        subprocess.run([COMPILER, *FLAGS, source, "-o", program], check=True, capture_output=True)
        subprocess.run([program], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs 32-bit libraries (Debian: apt install g++-12-multilib): {error}")
    sources = hatch_build.sources_for("i686")
    return Build(COMPILER, FLAGS, folder, hatch_build.compile_all(COMPILER, sources, folder, FLAGS))


@pytest.fixture(scope="module")
def run_case(build: Build) -> Command:
    return build.program("run_case")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    graphs = [*head_graphs(), *(random_graph(seed) for seed in range(3))]
    return write_cases(tmp_path_factory.mktemp("cases"), graphs)


def test_every_step_is_the_references(build: Build, cases: list[Path]):
    said = run([*build.program("compare"), "1", "2", *cases], 300).splitlines()
    assert [line.split(":")[0] for line in said] == ["scalar"]
    assert said[0].endswith(" 0 differ")


def test_hostile_programs_do_no_harm(build: Build, cases: list[Path]):
    """For 10 seconds at most, as on 64 bits."""
    seed = os.environ.get("MOBILENETV2_FUZZ_SEED", "1")
    small = [case for case in cases if case.stat().st_size < 2**18]
    said = run([*build.program("fuzz_program"), "20000", "10", seed, *small], 120)
    programs, accepted, runs = (int(part.split()[0]) for part in said.split(", "))
    assert programs > accepted > 0
    assert runs > 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({8: 2**32}, "table is out of range, got 4294967296"),
        ({8: 2**32 - 4}, "the table of pixels lies outside the weights"),
        ({6: 2**31}, "arena is out of range, got 2147483648"),
        # 2^15 x 2^14 pixels of 8 channels: 2^32 bytes, which are 0 in 32 bits.
        ({16: 2**15, 17: 2**14, 18: 8, 19: 8}, "a tensor of 4294967296 bytes"),
    ],
)
def test_what_would_wrap_around_is_refused(
    run_case: Command, cases: list[Path], changes: dict[int, int], sentence: str, tmp_path: Path
):
    """Words of a program: 6 is the arena, 8 the table, from 16 on stands the second tensor."""
    (case,) = (case for case in cases if case.name == "4-int8.case")
    data = bytearray(case.read_bytes())
    for place, value in changes.items():
        at = 16 + 8 * place
        data[at : at + 8] = np.int64(value).tobytes()
    hostile = tmp_path / "hostile.case"
    hostile.write_bytes(data)
    command = [*run_case, hostile, "scalar", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert sentence in done.stderr
