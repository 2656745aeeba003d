"""One engine in a process of its own, which sleeps until it is asked."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np

from mobilenetv2.benchmark import worker
from mobilenetv2.benchmark.engine import Engine, Outputs
from mobilenetv2.errors import BenchmarkError

STOP_SECONDS = 10.0
"""How long a process may take to end after its input was closed."""
LAST_WORDS = 500
"""Characters of the standard error stream that an error message quotes."""

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


class EngineProcess:
    """Starts at once; the first answer comes when the engine has run its first picture.

    Args:
        engine: what to run.
        threads: for the runtime's own setting.
        cpus: the processors to stay on; empty for no choice.
        once: end after the first picture.
    """

    def __init__(
        self, engine: Engine, threads: int, cpus: tuple[int, ...], *, once: bool = False
    ) -> None:
        self._engine = engine
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - closed below
        job = {
            "engine": str(engine.module),
            "file": engine.file,
            "input": str(engine.input),
            "threads": threads,
            "cpus": cpus,
            "once": once,
        }
        # -P: the folder of worker.py must not become a place to import from.
        self._process = subprocess.Popen(
            [sys.executable, "-P", worker.__file__, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**_environment(), **engine.environment},
            text=True,
        )

    def wait_ready(self) -> int:
        """Wait for the first result; bytes of peak memory until then.

        Raises:
            BenchmarkError: the runtime is missing, refuses the file, or its process died.
        """
        return int(self._answer()["peak_rss"])  # type: ignore[call-overload, no-any-return]

    def run(self, count: int) -> list[int]:
        """Nanoseconds of each of `count` runs, made now, one after the other."""
        times: list[int] = self._ask({"run": count})["nanoseconds"]  # type: ignore[assignment]
        return times

    def run_once(self) -> tuple[float, float]:
        """Seconds of one run, and seconds of the processor on all threads."""
        answer = self._ask({"once": True})
        return int(answer["nanoseconds"]) / 1e9, int(answer["processor"]) / 1e9  # type: ignore[call-overload]

    def outputs(self, folder: Path) -> tuple[Outputs, int]:
        """The outputs of the first run, and bytes of peak memory until now.

        Args:
            folder: where they may be written.
        """
        path = folder / f"{self._engine.name.replace(' ', '-')}.npz"
        answer = self._ask({"save": str(path)})
        names: list[str] = answer["names"]  # type: ignore[assignment]
        with np.load(path) as arrays:
            outputs = {name: arrays[f"arr_{place}"] for place, name in enumerate(names)}
        return outputs, int(answer["peak_rss"])  # type: ignore[call-overload]

    def close(self) -> None:
        """Let the process end, and wait for it."""
        with suppress(BrokenPipeError):  # it may have ended by itself
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> "EngineProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, object]) -> dict[str, object]:
        if self._process.stdin is None:
            raise BenchmarkError(f"{self._engine.name} cannot be asked any more")
        with suppress(BrokenPipeError):  # the answer's absence says why
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, object]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait()
            self._errors.seek(0)
            words = self._errors.read()[-LAST_WORDS:].strip()
            raise BenchmarkError(
                f"{self._engine.name}: its process ended with status {self._process.returncode}"
                + (f": {words}" if words else "")
            )
        answer: dict[str, object] = json.loads(line)
        if "missing" in answer:
            raise BenchmarkError(
                f"{self._engine.name} is not installed ({answer['missing']}). "
                "Install it with: pip install 'mobilenetv2[bench]'"
            )
        if "error" in answer:
            raise BenchmarkError(f"{self._engine.name}: {answer['error']}")
        return answer


def _environment() -> dict[str, str]:
    """Ours, with bytecode kept: an installed program has its own, and a checkout that is compiled
    anew at every start would seem to start in twice the time.
    """
    return {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
