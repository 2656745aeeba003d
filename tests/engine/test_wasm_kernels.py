"""Each kernel for WebAssembly against its plain twin, on random problems: under node, and with this
machine's dot product in Chromium.
"""

from base64 import b64encode
from pathlib import Path

import pytest

from mobilenetv2.engine.wasm import RELAXED, SIMD128, compile_wasm, source_files
from tests.engine.node import NEEDED, run_node
from tests.web.chromium import Chromium, find_chromium

pytestmark = NEEDED

HERE = Path(__file__).parent
KERNELS = ("wasm_dispatch", "wasm_float", "wasm_pairs", "wasm_dot", "wasm_system", "scalar")
ROUNDS = 300


def built(folder: Path, processor: str, *flags: str) -> Path:
    program = folder / "kernels.wasm"
    sources = [HERE.parents[1] / "native" / "tests" / "kernels.cpp", *source_files(KERNELS)]
    compile_wasm(program, processor, sources, ["-O1", "-DMNV2_PLAIN=1", *flags])
    return program


def differing(program: Path, dot: int = 0) -> str:
    done = run_node("run_program.mjs", program, dot, 1, ROUNDS)
    return done.stdout + done.stderr


def expected(sets: list[str]) -> str:
    return f"0 of {len(sets) * 6 * ROUNDS} problems differ\n"


def test_kernels_without_relaxed_simd(tmp_path: Path):
    assert differing(built(tmp_path, SIMD128)) == expected(["simd128", "scalar"])


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    header = HERE / "emulated" / "wasm_dot.h"
    return built(tmp_path_factory.mktemp("emulated"), RELAXED, "-include", str(header))


@pytest.mark.parametrize(
    ("dot", "sets"),
    [
        (0, ["relaxed", "simd128", "scalar"]),
        (1, ["relaxed-arm", "simd128", "scalar"]),
        (2, ["simd128", "scalar"]),
    ],
    ids=["unsigned", "signed", "inexact"],
)
def test_kernels_of_either_dot_product(dot: int, sets: list[str], emulated: Path):
    """The probe finds out which it is, and does without one that is not exact."""
    assert differing(emulated, dot) == expected(sets)


@pytest.mark.skipif(
    not find_chromium(), reason="needs Chromium (Debian: apt install chromium-headless-shell)"
)
def test_kernels_with_the_dot_product_of_this_machine(tmp_path: Path):
    """Which of the emulated ones it is, or neither, was found out by the probe."""
    program = b64encode(built(tmp_path, RELAXED).read_bytes()).decode()
    script = (HERE / "run_in_page.js").read_text()
    with Chromium(find_chromium()) as chromium:
        said = chromium.run(f"({script})('{program}', ['kernels', '1', '{ROUNDS}'])")
    sets = 2 + ("avx_vnni" in Path("/proc/cpuinfo").read_text().split())
    assert said == f"0 of {sets * 6 * ROUNDS} problems differ\n"
