"""Builds the native engine with whatever C++ compiler is there; without one, installs in numpy.

The hook of `pip install`: it compiles `native/*.cpp`, each file for its instruction set, into one
shared library beside `engine/library.py`. A wheel with it is `py3-none-<platform>`: the library
talks to Python through ctypes and fits every version.
"""

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SOURCES = ROOT / "native"
FOLDER = ROOT / "src" / "mobilenetv2" / "engine"
LIBRARY = {"win32": "libmobilenetv2.dll", "darwin": "libmobilenetv2.dylib"}.get(
    sys.platform, "libmobilenetv2.so"
)

FLAGS = [
    "-std=c++20",
    "-O3",
    "-fPIC",
    "-fvisibility=hidden",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
]

# Baseline files come first: where two objects hold the same inline function, the linker keeps the
# first, and that one has to run on every machine.
BASELINE = [
    "read_program", "pixels", "make_network", "convolution", "inverted_residual", "maps", "steps",
    "fork", "team", "workspace", "workspaces", "engine", "dispatch", "scalar", "resample",
    "scalar_resample", "recolor",
]  # fmt: skip

AVX512 = ["-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq"]
BY_ISA: dict[str, dict[str, list[str]]] = {
    "x86_64": {
        "avx2_float": ["-mavx2", "-mfma"],
        "avx2_integer": ["-mavx2", "-mfma"],
        "avx2_resample": ["-mavx2"],
        "avx2_recolor": ["-mavx2"],
        "avx512_float": AVX512,
        "vnni_integer": [*AVX512, "-mavx512vnni"],
        # Their instructions more are written as such: of the compiler they need no flag.
        "amx_integer": [*AVX512, "-mavx512vnni"],
        "avxvnni_integer": ["-mavx2", "-mfma"],
    },
    "aarch64": {
        "neon_float": [],
        "neon_integer": [],
        "neondot_integer": ["-march=armv8.2-a+dotprod"],
        "neoni8mm_integer": ["-march=armv8.2-a+dotprod+i8mm"],
    },
}


class NativeHook(BuildHookInterface):  # type: ignore[misc]
    """Runs before a wheel or an editable install is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and mark the wheel as one for this platform."""
        if self.target_name == "wheel" and version != "editable":  # that finds the checkout's
            # The engine for browsers is built of them where it is first asked for.
            for path in (*SOURCES.glob("*.cpp"), *SOURCES.glob("*.h"), *SOURCES.glob("simd/*.h")):
                place = path.relative_to(SOURCES).as_posix()
                build_data["force_include"][str(path)] = f"mobilenetv2/engine/native/{place}"
        compiler = find_compiler()
        if compiler is None:
            self._without("no C++ compiler was found (looked for $CXX, c++, g++, clang++)")
            return
        try:
            build(compiler, FOLDER / LIBRARY)
        except subprocess.CalledProcessError as error:
            self._without(f"{compiler} failed:\n{error.stderr[-2000:]}")
            return
        build_data["pure_python"] = False
        tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{tag}"
        build_data["artifacts"].append(f"src/mobilenetv2/engine/{LIBRARY}")

    def _without(self, why: str) -> None:
        self.app.display_warning(
            f"the native engine is left out: {why}. Networks will run in numpy, some ten times "
            "slower. Install a C++ compiler (Debian: apt install g++) and then the package again."
        )


def find_compiler() -> str | None:
    """$CXX, or the first C++ compiler on the path."""
    named = os.environ.get("CXX")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, COMPILERS)), None)


COMPILERS = ("c++", "g++", "clang++")


def build(compiler: str, library: Path, extra: tuple[str, ...] = ()) -> None:
    """Compile every file for this machine's architecture and link the library.

    Raises:
        subprocess.CalledProcessError: the compiler's own words are in its `stderr`.
    """
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    with tempfile.TemporaryDirectory() as folder:
        objects = compile_all(compiler, sources_for(machine), Path(folder), extra)
        made = Path(folder) / library.name
        run([compiler, "-shared", *extra, *map(str, objects), "-o", str(made), "-pthread"])
        shutil.copyfile(made, library.with_suffix(".new"))
        # A process that uses the old library keeps its file.
        library.with_suffix(".new").replace(library)


def sources_for(machine: str) -> dict[str, list[str]]:
    """The files of an architecture, each with the flags of its instruction set."""
    return {name: [] for name in BASELINE} | BY_ISA.get(machine, {})


def compile_all(
    compiler: str, sources: dict[str, list[str]], folder: Path, extra: tuple[str, ...] = ()
) -> list[Path]:
    """Compile files, several at a time; returns the objects in order.

    Raises:
        subprocess.CalledProcessError: the compiler's own words are in its `stderr`.
    """
    objects = [folder / f"{name}.o" for name in sources]

    def compile_one(name: str, flags: list[str], target: Path) -> None:
        options = [*FLAGS, *extra, *flags, f"-I{SOURCES}"]
        run([compiler, *options, "-c", str(SOURCES / f"{name}.cpp"), "-o", str(target)])

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(compile_one, sources, sources.values(), objects))
    return objects


def run(command: list[str]) -> None:
    """Run a command; its messages travel in the error."""
    subprocess.run(command, check=True, capture_output=True, text=True)
