"""Runs a script whose processes may wait for ever: when its time is up, all of them are ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def run_script(script: Path, *arguments: str | Path, seconds: float = 30) -> str:
    """What a script prints; fails with its messages where it ends with anything but 0.

    Skips where a group of processes cannot be ended together.
    """
    if not hasattr(os, "killpg"):
        pytest.skip("there are no groups of processes here")
    command = [sys.executable, str(script), *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            said, complained = started.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{script.name} still ran after {seconds} s")
        finally:
            _end_all(started.pid)
    assert started.returncode == 0, (said + complained)[-3000:]
    return said


def _end_all(group: int) -> None:
    # Its children keep the pipes open, and whoever reads these would wait for them.
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
