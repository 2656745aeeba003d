"""AMX's tiles are to be asked for: where the system refuses, the engine does without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from mobilenetv2.engine import library

TILES = "amx_int8"

# A thread whose signals would not fit beside tiles on the stack that it keeps for them: then Linux
# refuses tiles to the whole process.
SMALL_STACK = """
import ctypes

class Stack(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("flags", ctypes.c_int), ("bytes", ctypes.c_size_t)]

memory = ctypes.create_string_buffer(8192)
stack = Stack(ctypes.addressof(memory), 0, len(memory))
assert ctypes.CDLL(None).sigaltstack(ctypes.byref(stack), None) == 0
"""
SETS = "from mobilenetv2.engine import library; print(*library.isas())"


def sets_after(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script + SETS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(
    not library.available()
    or not Path("/proc/cpuinfo").exists()
    or TILES not in Path("/proc/cpuinfo").read_text().split(),
    reason="needs the engine and a processor with AMX",
)
def test_vectors_stay_where_tiles_are_refused():
    offered = sets_after("")
    assert offered[:2] == ["amx", "vnni"]
    assert sets_after(SMALL_STACK) == offered[1:]
