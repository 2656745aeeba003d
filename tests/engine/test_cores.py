"""How many cores there are to work on."""

import os
import subprocess
import sys

import pytest

from mobilenetv2.engine.cores import cores, read_share


@pytest.mark.parametrize(
    ("words", "share"),
    [
        (["max", "100000"], None),
        (["-1", "100000"], None),
        (["200000", "100000"], 2),
        (["150000", "100000"], 2),
        (["10000", "100000"], 1),
        (["0", "100000"], None),
        (["5", "0"], None),
        ([], None),
        (["200000"], None),
        (["²", "³"], None),
    ],
)
def test_a_container_s_share(words: list[str], share: int | None):
    assert read_share(words) == share


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes are not held on cores")
def test_what_a_process_is_held_on():
    assert 1 <= cores() <= len(os.sched_getaffinity(0))
    first = min(os.sched_getaffinity(0))
    held = f"import os; os.sched_setaffinity(0, {{{first}}}); "
    held += "from mobilenetv2.engine.cores import cores; print(cores())"
    found = subprocess.run([sys.executable, "-c", held], capture_output=True, check=True, text=True)
    assert found.stdout == "1\n"
