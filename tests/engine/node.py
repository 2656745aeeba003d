"""WebAssembly under node, for tests; it is Debian's package `nodejs`."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

NODE = shutil.which("node")
RELAXED = "--experimental-wasm-relaxed-simd"
"""What node asks for before version 21, and does not know later."""

NEEDED = [
    pytest.mark.skipif(not NODE, reason="needs node (Debian: apt install nodejs)"),
    pytest.mark.skipif(not find_spec("ziglang"), reason="needs ziglang (the extra 'web')"),
]


def run_node(
    script: str, *arguments: object, pages: int = 16384
) -> subprocess.CompletedProcess[str]:
    """What a script of this folder did, with so many pages of 64 KiB of memory at most."""
    known = subprocess.run([NODE, "--v8-options"], capture_output=True, text=True).stdout
    flags = ["--no-warnings", *([RELAXED] if RELAXED in known else [])]
    command = [NODE, *flags, Path(__file__).with_name(script), *map(str, arguments)]
    env = {**os.environ, "PAGES": str(pages)}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)
