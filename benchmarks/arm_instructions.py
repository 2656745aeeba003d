"""How many instructions a picture takes on ARM: the engine in qemu, one more picture than before.

    python benchmarks/arm_instructions.py MODEL

Needs g++-aarch64-linux-gnu and qemu-user (Debian). `docs/engine.md` holds what it printed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.program import Program
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.fold import fold_checkpoint

ROOT = Path(__file__).parents[1]
COMPILER = "aarch64-linux-gnu-g++"
SETS = ("neoni8mm", "neondot", "neon")


def main(model: str) -> None:
    """Print a line for each instruction set."""
    checkpoint = fold_checkpoint(load_checkpoint(model))
    program = lower(
        build(checkpoint.spec), checkpoint.numbers, pixel_values(checkpoint.preprocessing)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = folder / "program.case"
        case.write_bytes(_joined(program))
        plugin, runner = _plugin(folder), _runner(folder)
        for isa in SETS:
            once, twice = (_count(plugin, runner, case, isa, pictures) for pictures in (1, 2))
            print(f"{isa}: {(twice - once) / 1e6:.0f} M instructions a picture")


def _joined(program: Program) -> bytes:
    """The program with its weights, as native/tests/case_file.h has it; without a picture."""
    words, block = np.array(program.words(), np.int64).tobytes(), b""
    for part in program.parts:
        block += part.tobytes()
        block += bytes(-len(block) % 64)
    return np.array([len(words) // 8, len(block)], np.int64).tobytes() + words + block


def _plugin(folder: Path) -> Path:
    plugin = folder / "count.so"
    source = ROOT / "benchmarks" / "count_instructions.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", source, "-o", plugin], check=True)
    return plugin


def _runner(folder: Path) -> Path:
    sys.path.insert(0, str(ROOT))
    import hatch_build

    objects = hatch_build.compile_all(COMPILER, hatch_build.sources_for("aarch64"), folder)
    runner = folder / "run_case"
    source = ROOT / "native" / "tests" / "run_case.cpp"
    options = [*hatch_build.FLAGS, f"-I{hatch_build.SOURCES}", "-static", "-pthread"]
    hatch_build.run([COMPILER, *options, str(source), *map(str, objects), "-o", str(runner)])
    return runner


def _count(plugin: Path, runner: Path, case: Path, isa: str, pictures: int) -> int:
    """Instructions from the program's start to its end."""
    command = ["qemu-aarch64", "-cpu", "max", "-plugin", plugin, runner, case, isa, str(pictures)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stderr.split()[-1])


if __name__ == "__main__":
    main(sys.argv[1])
