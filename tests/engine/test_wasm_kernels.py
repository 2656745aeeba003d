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


def differing(folder: Path, processor: str, *flags: str) -> str:
    done = run_node("run_program.mjs", built(folder, processor, *flags), 1, ROUNDS)
    return done.stdout + done.stderr


def expected(sets: list[str]) -> str:
    return f"0 of {len(sets) * 6 * ROUNDS} problems differ\n"


def test_kernels_without_relaxed_simd(tmp_path: Path):
    assert differing(tmp_path, SIMD128) == expected(["simd128", "scalar"])


@pytest.mark.parametrize(("signed", "name"), [(0, "relaxed"), (1, "relaxed-arm")])
def test_kernels_of_either_dot_product(signed: int, name: str, tmp_path: Path):
    """x86 with VNNI and ARM, where it is emulated: the probe finds out which it is."""
    header = HERE / "emulated" / "wasm_dot.h"
    flags = ["-include", str(header), f"-DMNV2_PIXELS_SIGNED={signed}"]
    assert differing(tmp_path, RELAXED, *flags) == expected([name, "simd128", "scalar"])


def test_a_dot_product_of_neither_kind_is_not_used(tmp_path: Path):
    """As x86 has it without VNNI: sums of two products are cut off at 16 bits."""
    header = tmp_path / "saturating.h"
    header.write_text(
        "#include <wasm_simd128.h>\n"
        "#include <algorithm>\n"
        "#include <cstdint>\n"
        "inline v128_t saturating_dot(v128_t weights, v128_t pixels, v128_t sums) {\n"
        "    int8_t w[16]; uint8_t p[16]; int32_t s[4];\n"
        "    wasm_v128_store(w, weights); wasm_v128_store(p, pixels); wasm_v128_store(s, sums);\n"
        "    for (int i = 0; i < 16; i += 2)\n"
        "        s[i / 4] += std::clamp(w[i] * p[i] + w[i + 1] * p[i + 1], -32768, 32767);\n"
        "    return wasm_v128_load(s);\n"
        "}\n"
        "#define MNV2_RELAXED_DOT saturating_dot\n"
    )
    flags = ["-include", str(header)]
    assert differing(tmp_path, RELAXED, *flags) == expected(["simd128", "scalar"])


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
