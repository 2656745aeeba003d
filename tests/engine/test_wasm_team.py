"""Threads of a page wait for one another awake for as long as sleeping and waking would take."""

from pathlib import Path

from mobilenetv2.engine.wasm import SIMD128, compile_wasm, source_files
from tests.engine.node import NEEDED, run_node

pytestmark = NEEDED

SOURCE = Path(__file__).parents[2] / "native" / "tests" / "looks.cpp"


def test_a_thread_looks_for_some_ten_microseconds_before_it_sleeps(tmp_path: Path):
    """Without a moment between them, looks are over before another thread is through with its step:
    each step then put a thread to sleep.
    """
    program = tmp_path / "looks.wasm"
    compile_wasm(program, SIMD128, [SOURCE, *source_files(["wasm_system"])], ["-O1"])
    done = run_node("run_program.mjs", program, 0)
    assert done.returncode == 0, done.stderr
    assert 20_000 < int(done.stdout) < 2_000_000
