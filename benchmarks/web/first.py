"""From the navigation to the first answer in a fresh profile, and what code is fetched for it."""

import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from tests.web.chromium import Chromium

from mobilenetv2.web.server import PageHandler, PageServer

CODE = {".js", ".mjs", ".wasm"}


class Noting(PageHandler):
    """Remembers which files were asked for."""

    def log_request(self, *_: object) -> None:
        """Of each request its path, once."""
        self.server.fetched.add(self.translate_path(self.path))


class Counting(PageServer):
    """A server that knows what was fetched from it."""

    handler = Noting

    def __init__(self, folder: Path, port: int) -> None:
        self.fetched: set[str] = set()
        super().__init__(folder, port)

    def run_aside(self) -> None:
        """Serve on another thread."""
        Thread(target=self.serve_forever, daemon=True).start()


def first_answers(
    program: str, server: Counting, engines: Sequence[Any], starts: int
) -> list[dict[str, object]]:
    """Medians over so many fresh profiles, in turns, and bytes of code as they are and packed."""
    times: dict[Any, list[float]] = {engine: [] for engine in engines}
    files: dict[Any, list[str]] = {}
    for _ in range(starts):
        for engine in random.sample(list(engines), len(engines)):
            server.fetched.clear()
            with Chromium(program) as browser:
                browser.open(f"{server.address}{engine.address}&first=1")
                times[engine].append(browser.run("first", seconds=120))
            files[engine] = _code(server.fetched)
    return [
        engine.describe()
        | {
            "milliseconds": round(median(times[engine]), 1),
            "each": [round(value, 1) for value in times[engine]],
            "bytes": sum(Path(name).stat().st_size for name in files[engine]),
            "brotli": brotli_bytes(files[engine]),
            "files": [Path(name).name for name in files[engine]],
        }
        for engine in engines
    ]


def _code(fetched: set[str]) -> list[str]:
    """Without the network itself, and without what only the benchmark needs."""
    return sorted(name for name in fetched if Path(name).suffix in CODE and "/bench/" not in name)


def brotli_bytes(files: Sequence[str]) -> int:
    """What files are together, each packed as servers pack them beforehand (brotli, quality 11)."""
    script = (
        "const { readFileSync } = require('fs'), { brotliCompressSync } = require('zlib');"
        "const packed = (name) => brotliCompressSync(readFileSync(name)).length;"
        "console.log(JSON.stringify(process.argv.slice(1).map(packed)));"
    )
    done = subprocess.run(
        ["node", "-e", script, *files], capture_output=True, text=True, check=True
    )
    return sum(json.loads(done.stdout))
