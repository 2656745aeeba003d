"""The engine under the address, undefined behavior and thread sanitizers, and fuzzed."""

import os
import platform
import subprocess
from pathlib import Path

import hatch_build
import numpy as np
import pytest

from tests.engine.builds import Build, Command, build_sanitized, run
from tests.engine.cases import head_graphs, random_graph, write_cases

COMPILER = hatch_build.find_compiler() or ""
pytestmark = [
    pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler"),
    pytest.mark.skipif(
        platform.system() != "Linux" or platform.machine() != "x86_64",
        reason="sanitizers are tried on x86-64 under Linux",
    ),
]

PIECES = "-DMNV2_PIECES_FROM=0"
"""Networks here are too small to be worth it, but threads are to take over one another's work."""

MEMORY = ("-O1", "-g1", PIECES, "-fno-sanitize-recover=all", "-fsanitize=address,undefined")
RACES = ("-O1", "-g1", PIECES, "-fsanitize=thread")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    graphs = [*head_graphs(), *(random_graph(seed) for seed in range(5))]
    return write_cases(tmp_path_factory.mktemp("cases"), graphs)


@pytest.fixture(scope="module")
def memory_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_sanitized(COMPILER, MEMORY, tmp_path_factory.mktemp("memory"))


@pytest.fixture(scope="module")
def races_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Who writes what does not depend on the kernels, but for maps that are widened first."""
    folder = tmp_path_factory.mktemp("races")
    plain = ("avx2_float", "avx512_float", "vnni_integer", "avxvnni_integer", "amx_integer")
    return build_sanitized(COMPILER, RACES, folder, plain=plain)


@pytest.fixture(scope="module")
def compare(memory_build: Build) -> Command:
    return memory_build.program("compare")


def smaller(cases: list[Path], size: int) -> list[Path]:
    return [case for case in cases if case.stat().st_size < size]


def test_no_instruction_set_leaves_its_memory_or_the_references_numbers(
    compare: Command, cases: list[Path]
):
    said = run([*compare, "1", "3", *cases], 300).splitlines()
    assert all(line.endswith(" 0 differ") for line in said)
    assert said[-1].startswith(f"scalar: {len(cases)} programs, ")


def test_resampling_keeps_to_its_picture_and_to_the_plain_kernel_s_bits(memory_build: Build):
    assert run([*memory_build.program("resample"), "1", "300"], 120) == "0 differ\n"


def test_recoloring_keeps_to_its_picture_and_to_the_plain_kernel_s_bits(memory_build: Build):
    assert run([*memory_build.program("recolor"), "1", "300"], 120) == "0 differ\n"


def test_a_wrong_number_is_noticed(compare: Command, cases: list[Path], tmp_path: Path):
    data = bytearray(cases[-1].read_bytes())
    data[-8] ^= 1
    wrong = tmp_path / "wrong.case"
    wrong.write_bytes(data)
    done = subprocess.run([*compare, "1", "1", wrong], capture_output=True, text=True)
    assert done.returncode == 1
    assert "differs" in done.stdout


def test_threads_do_not_race(races_build: Build, cases: list[Path]):
    some = [case for case in smaller(cases, 2**17) if "uint8" not in case.name]
    said = run([*races_build.program("compare"), "3", "3", *some], 300).splitlines()
    assert all(line.endswith(" 0 differ") for line in said)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_share_work_out_and_take_it_over(races_build: Build, threads: int):
    said = run([*races_build.program("portions"), str(threads), "300", "7"], 120)
    pieces, taken_over, wrong = (int(part.split()[0]) for part in said.split(", "))
    assert pieces > 2 * 300
    assert (taken_over > 0) == (threads > 1)
    assert wrong == 0


def test_a_forked_child_keeps_to_its_memory(memory_build: Build, cases: list[Path]):
    """Without other threads: at a fork this sanitizer's own locks stay as they are."""
    said = run([*memory_build.program("fork"), "3", "2", "0", "5", *smaller(cases, 2**17)], 120)
    assert said == "5 forks, 0 answers meanwhile, 0 wrong\n"


def test_forks_do_not_race(races_build: Build, cases: list[Path]):
    """With one thread in the child: this sanitizer knows no new ones in the place of those lost."""
    fork = ["env", "TSAN_OPTIONS=die_after_fork=0", *races_build.program("fork")]
    said = run([*fork, "2", "1", "3", "10", *smaller(cases, 2**17)[:3]], 120)
    assert said.startswith("10 forks, ")
    assert said.endswith(" 0 wrong\n")


def test_hostile_programs_do_no_harm(memory_build: Build, cases: list[Path]):
    """For 10 seconds at most; native/tests/fuzz_program.cpp goes on for as long as one likes."""
    seed = os.environ.get("MOBILENETV2_FUZZ_SEED", "1")
    fuzz = memory_build.program("fuzz_program")
    said = run([*fuzz, "20000", "10", seed, *smaller(cases, 2**18)], 120)
    programs, accepted, runs = (int(part.split()[0]) for part in said.split(", "))
    assert programs > accepted > 0
    assert runs > 0


def test_cases_hold_every_arithmetic(cases: list[Path]):
    kinds = {int(np.frombuffer(case.read_bytes(), np.int64, 1, 16 + 2 * 8)[0]) for case in cases}
    assert kinds == {0, 1}
