"""The engine for browsers: two WebAssembly modules, built where they are first asked for.

`native/` travels with the package. The compiler is the one of PyPI's `ziglang` (the extra `web`),
which brings its own C++ library for WebAssembly; who never asks never needs it. Built modules stay
in the user's cache under a name that says of which sources, flags and compiler they are.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from mobilenetv2.errors import EngineError, MissingDependencyError
from mobilenetv2.weights.public.cache import cache_folder

ENGINE = (
    "read_program", "pixels", "make_network", "convolution", "inverted_residual", "maps", "steps",
    "workspace", "wasm_team", "wasm_dispatch", "wasm_float", "wasm_pairs", "wasm_dot",
)  # fmt: skip
"""What any program that runs networks is built of."""

PAGE = ("wasm_page", "wasm_system")
"""What makes a page's module of it."""

FLAGS = (
    "-target", "wasm32-wasi", "-std=c++20", "-O2", "-fexceptions", "-ffp-contract=off",
    "-fvisibility=hidden", "-Wall", "-Wextra",
)  # fmt: skip

LINKING = (
    "-mexec-model=reactor", "-s", "-Wl,--import-memory", "-Wl,--shared-memory",
    "-Wl,--max-memory=4294901760", "-Wl,--initial-memory=1048576", "-Wl,-z,stack-size=262144",
)  # fmt: skip
"""A module's memory is the page's, so that workers share it; its own stack lies before all else."""

SIMD128 = "generic+simd128+bulk_memory+atomics"
RELAXED = f"{SIMD128}+relaxed_simd"

MODULES = {"mobilenetv2-relaxed.wasm": RELAXED, "mobilenetv2-simd128.wasm": SIMD128}


@dataclass(frozen=True, slots=True)
class WasmModules:
    """The engine for browsers, and for those that know no relaxed SIMD."""

    relaxed: Path
    simd128: Path


def wasm_modules() -> WasmModules:
    """The modules, from the cache or built now: that takes a minute, once.

    Raises:
        MissingDependencyError: they have to be built, and ziglang is not installed.
        EngineError: the compiler fails, or the cache cannot be written.
    """
    folder = cache_folder() / "wasm" / _digest()
    paths = [folder / name for name in MODULES]
    if not all(path.is_file() for path in paths):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "lock"), ThreadPoolExecutor(len(paths)) as pool:
                list(pool.map(_build, paths, MODULES.values()))
        except OSError as error:
            raise EngineError(
                f"the engine for browsers cannot be kept in {folder}: {error}; free some space, or "
                "name another folder in MOBILENETV2_CACHE"
            ) from error
    return WasmModules(*paths)


def compile_wasm(
    target: Path, processor: str, sources: Iterable[Path], flags: Iterable[str] = LINKING
) -> None:
    """Compile C++ files and link them.

    Args:
        target: the module.
        processor: `SIMD128` or `RELAXED`.
        sources: the files; the folder of the native sources is searched for headers.
        flags: for the linker.

    Raises:
        MissingDependencyError: ziglang is not installed.
        EngineError: the compiler's own words.
    """
    _zig_version()
    command = [sys.executable, "-m", "ziglang", "c++", *FLAGS, f"-mcpu={processor}"]
    command += [f"-I{native_sources()}", *map(str, sources), *flags, "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise EngineError(
            f"the engine for browsers was not built, zig failed: {done.stderr[-2000:]}"
        )


def native_sources() -> Path:
    """The folder of the engine's C++ files: a package's own, or a checkout's.

    Raises:
        EngineError: there is none.
    """
    here = Path(__file__).parent
    for folder in (here / "native", here.parents[2] / "native"):
        if (folder / "wasm_page.cpp").is_file():
            return folder
    raise EngineError(
        f"the engine's C++ files are not in {here / 'native'}; install the package again"
    )


def source_files(names: Iterable[str]) -> list[Path]:
    """The paths of native source files, given without their suffix."""
    folder = native_sources()
    return [folder / f"{name}.cpp" for name in names]


def _build(path: Path, processor: str) -> None:
    if path.is_file():
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        compile_wasm(made, processor, source_files([*ENGINE, *PAGE]))
        os.replace(made, path)


def _digest() -> str:
    """Of everything that decides what the modules are."""
    digest = hashlib.sha256(repr((FLAGS, LINKING, MODULES, ENGINE, PAGE, _zig_version())).encode())
    folder = native_sources()
    headers = [*folder.glob("*.h"), *folder.glob("simd/panels.h"), *folder.glob("simd/wasm_*.h")]
    for path in sorted([*source_files([*ENGINE, *PAGE]), *headers]):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _zig_version() -> str:
    try:
        return version("ziglang")
    except PackageNotFoundError:
        raise MissingDependencyError("ziglang", "web", "building the engine for browsers") from None
