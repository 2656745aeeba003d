"""What a process says of itself, and how one that fails tells why."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.benchmark.engine import Engine
from mobilenetv2.benchmark.process import EngineProcess
from mobilenetv2.errors import BenchmarkError

DOUBLES = """
import time
def open_file(path, threads):
    print("libraries print what they like")
    def run(images):
        time.sleep(0.002)
        return {"doubled: a/b": images * 2}
    return run
"""


def engine(folder: Path, code: str) -> Engine:
    module, images = folder / "open.py", folder / "images.npy"
    module.write_text(code)
    np.save(images, np.arange(3.0))
    return Engine("sample", "1", module, "no file", images, None)


def test_it_runs_tells_times_and_hands_over_outputs(tmp_path):
    with EngineProcess(engine(tmp_path, DOUBLES), 1, ()) as process:
        assert process.wait_ready() > 10 * 2**20
        times = process.run(5)
        outputs, peak = process.outputs(tmp_path)
    assert len(times) == 5
    assert min(times) >= 2_000_000
    assert peak > 10 * 2**20
    np.testing.assert_array_equal(outputs["doubled: a/b"], [0, 2, 4])


def test_one_of_the_package_is_not_loaded_for_others(tmp_path):
    code = "import sys\ndef open_file(path, threads):\n    return lambda x: {'n': x * loaded()}\n"
    code += (
        "def loaded():\n    return float(any(m.startswith('mobilenetv2') for m in sys.modules))\n"
    )
    with EngineProcess(engine(tmp_path, code), 1, ()) as process:
        process.wait_ready()
        outputs, _ = process.outputs(tmp_path)
    assert not outputs["n"].any()


def test_a_checkout_is_not_compiled_anew_at_every_start(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import sys\ndef open_file(path, threads):\n"
    code += "    return lambda x: {'n': x * sys.dont_write_bytecode}\n"
    with EngineProcess(engine(tmp_path, code), 1, ()) as process:
        process.wait_ready()
        outputs, _ = process.outputs(tmp_path)
    assert not outputs["n"].any()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import no_such_runtime", r"sample is not installed \(No module named"),
        ("def open_file(path, threads):\n    raise ValueError('bad file')", "ValueError: bad file"),
        ("import os\nos.write(2, b'out of luck')\nos._exit(9)", "status 9: out of luck"),
    ],
)
def test_a_failure_is_told(tmp_path, code, message):
    with (
        EngineProcess(engine(tmp_path, code), 1, ()) as process,
        pytest.raises(BenchmarkError, match=message),
    ):
        process.wait_ready()


def test_one_that_dies_between_rounds_is_told_of(tmp_path):
    code = "import os\ncalls = []\ndef open_file(path, threads):\n    return run\n"
    code += "def run(images):\n    calls.append(1)\n    if len(calls) > 2:\n        os._exit(3)\n"
    code += "    return {'x': images}\n"
    with EngineProcess(engine(tmp_path, code), 1, ()) as process:
        process.wait_ready()
        with pytest.raises(BenchmarkError, match="ended with status 3"):
            process.run(5)
        with pytest.raises(BenchmarkError, match="ended with status 3"):
            process.run(5)
