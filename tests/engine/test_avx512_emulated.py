"""AVX-512, AVX-VNNI and AMX kernels run on any x86 machine with AVX2: SIMDe stands in for what it
lacks.

Only what the kernels write as instructions, `vpdpbusd` and those of tiles, is left out: the
emulation takes the compiler's intrinsics of the same meaning.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import hatch_build
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilenetv2.engine import library
from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from tests.engine.integers import random_quantization
from tests.engine.test_native import SPECS, case, name_of, networks, worst
from tests.engine.test_native_integer import differing_steps

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "native"
SHIM = Path(__file__).parent / "emulated"
# Without optimization: the kernels' templates compile in seconds instead of minutes.
FLAGS = ["-std=c++20", "-O0", "-fPIC", "-ffp-contract=off", "-mavx2", "-mfma", "-w"]
SETS = ["amx", "vnni", "avxvnni"]
KERNELS = [
    *("avx2_float", "avx512_float", "avx2_resample", "avx2_recolor"),
    *("amx_integer", "vnni_integer", "avxvnni_integer"),
]
PLAIN = ["scalar", "scalar_resample", "resample", "recolor", "dispatch"]
ROUNDS = 200


def compiler() -> str:
    """A C++ compiler that finds SIMDe; skips the test where there is none."""
    found = shutil.which(os.environ.get("CXX", "c++"))
    if found is None or "avx2" not in (library.isas() if library.available() else ()):
        pytest.skip("needs a C++ compiler, the engine, and an x86 machine with AVX2")
    asked = "#if !__has_include(<simde/x86/avx512.h>)\n#error\n#endif\n"
    if subprocess.run(
        [found, "-E", "-xc++", "-"], input=asked, text=True, capture_output=True
    ).returncode:
        pytest.skip("needs SIMDe (Debian: apt install libsimde-dev)")
    return found


def run(command: list[str]) -> str:
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `engine.so` and `kernels`, which offer `SETS` and "scalar"."""
    folder = tmp_path_factory.mktemp("emulated")
    compile_with = [compiler(), *FLAGS, "-DMNV2_EMULATED=1", f"-I{SHIM}", f"-I{SOURCES}"]
    engine = [SOURCES / f"{name}.cpp" for name in [*hatch_build.BASELINE, *KERNELS]]

    def make(source: Path) -> None:
        run([*compile_with, "-c", str(source), "-o", str(folder / f"{source.stem}.o")])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(make, [*engine, SOURCES / "tests" / "kernels.cpp"]))
    objects = [str(folder / f"{path.stem}.o") for path in engine]
    run([compile_with[0], "-shared", *objects, "-o", str(folder / "engine.so"), "-pthread"])
    objects = [str(folder / f"{name}.o") for name in [*KERNELS, *PLAIN, "kernels"]]
    run([compile_with[0], *objects, "-o", str(folder / "kernels")])
    return folder


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_kernels_agree_with_the_plain_ones(built: Path, seed: str):
    """Each alone, so that no later rounding hides a wrong sum."""
    said = run([str(built / "kernels"), seed, str(ROUNDS)])
    assert said == f"0 of {len([*SETS, 'scalar']) * 6 * ROUNDS} problems differ\n"


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_floats_are_the_references(built: Path, spec: Spec):
    program, expected, images = case(spec)
    runner = NativeRunner(program, 2, "vnni", built / "engine.so")
    assert worst(runner(images), expected) < 1e-4


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("number", range(len(SPECS)), ids=[name_of(spec) for spec in SPECS])
def test_integers_are_the_references_to_the_last_bit(built: Path, number: int, isa: str):
    """By turns symmetric weights, and ones whose zero points push them out of int8."""
    graph = build(replace(SPECS[number], batch_norm_epsilon=None))
    quantization = random_quantization(graph, 5, (np.int8, np.uint8)[number % 2])
    image = np.random.default_rng(5).normal(size=(1, *SPECS[number].size, 3)).astype(np.float32)
    found = NativeRunner(lower(graph, quantization), 2, isa, built / "engine.so")(image)
    expected = integer_reference_runner(graph, quantization)(image)
    assert all((found[name] == expected[name]).all() for name in expected)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spec=networks(),
    threads=st.integers(1, 3),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([np.int8, np.uint8]),
    isa=st.sampled_from(SETS),
)
def test_every_step_of_any_network(
    built: Path, spec: Spec, threads: int, seed: int, dtype: type, isa: str
):
    assert differing_steps(spec, isa, threads, seed, dtype, built / "engine.so") == []
