"""Builds the native test programs: with sanitizers for this machine, and for another one."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import hatch_build
import pytest

PROGRAMS = Path(__file__).parents[2] / "native" / "tests"
Command = list[str | Path]


@dataclass(frozen=True)
class Build:
    """The engine's objects, and what has to stand before the name of a program made of them."""

    compiler: str
    flags: tuple[str, ...]
    folder: Path
    objects: Sequence[Path]
    before: Sequence[str] = ()

    def program(self, name: str) -> Command:
        """Link `native/tests/NAME.cpp` with the engine; the command that starts it."""
        made = self.folder / name
        # What compares and what changes programs at random is quick enough as it is.
        options = [*hatch_build.FLAGS, *self.flags, "-O0", f"-I{hatch_build.SOURCES}"]
        parts = [str(PROGRAMS / f"{name}.cpp"), *map(str, self.objects), "-pthread"]
        hatch_build.run([self.compiler, *options, *parts, "-o", str(made)])
        return [*self.before, made]


def build_sanitized(
    compiler: str, flags: tuple[str, ...], folder: Path, plain: Sequence[str] = ()
) -> Build:
    """Compile for x86-64 with sanitizers; the files `plain`, and those that cannot run, without.

    Skips the test where sanitized programs do not run at all.
    """
    before = _before_sanitized(compiler, flags, folder)
    information = Path("/proc/cpuinfo").read_text().split()
    needed = {
        "avx512": "avx512f",
        "vnni": "avx512_vnni",
        "avxvnni": "avx_vnni",
        "amx": "amx_int8",
    }
    cannot_run = tuple(name for name, flag in needed.items() if flag not in information)

    def flags_of(name: str, options: list[str]) -> list[str]:
        if name in hatch_build.BASELINE:
            return options
        # Not optimized, kernels compile in half the time and take a fifth more to run.
        without = name.startswith((*plain, *cannot_run))
        return [*options, "-O0", *(["-fno-sanitize=all"] if without else [])]

    sources = {
        name: flags_of(name, options) for name, options in hatch_build.sources_for("x86_64").items()
    }
    return Build(
        compiler, flags, folder, hatch_build.compile_all(compiler, sources, folder, flags), before
    )


def _before_sanitized(compiler: str, flags: tuple[str, ...], folder: Path) -> list[str]:
    source, program = folder / "empty.cpp", folder / "empty"
    source.write_text("int main() { return 0; }\n")
    made = subprocess.run([compiler, *flags, str(source), "-o", str(program)], capture_output=True)
    # The thread sanitizer wants memory where some kernels do not put it, unless told.
    for before in ([], ["setarch", "-R"]):
        if made.returncode or (before and not shutil.which(before[0])):
            continue
        if not subprocess.run([*before, program], capture_output=True).returncode:
            return before
    pytest.skip(f"{compiler} makes no programs with {flags[-1]} that run here")


def run(command: Command, seconds: int) -> str:
    """A test program's words; fails with them where it does not end with 0."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout
