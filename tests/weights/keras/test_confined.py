"""HDF5 is read in a process that ends when it asks for too much."""

import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.keras.confined import read_confined

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


def layer(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = '{"class_name": "Functional"}'
        file["model_weights/Conv1/Conv1/kernel:0"] = np.arange(6, dtype=np.float16).reshape(2, 3)
        file["model_weights/Conv1/Conv1/steps:0"] = np.arange(3)


def test_arrays_and_configuration_come_through(tmp_path: Path) -> None:
    path = tmp_path / "büro model.h5"
    layer(path)
    for content in (None, path.read_bytes()):
        config, found = read_confined(path, content)
        assert config == '{"class_name": "Functional"}'
        assert list(found) == [("Conv1", "Conv1")]
        kernel = found["Conv1", "Conv1"]["kernel"]
        np.testing.assert_array_equal(kernel, np.arange(6, dtype=np.float32).reshape(2, 3))
        assert kernel.flags.writeable


def test_what_is_no_hdf5_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    with pytest.raises(CheckpointError, match=r"model\.h5 is not a readable HDF5 file"):
        read_confined(tmp_path / "model.h5")


@unix
@pytest.mark.parametrize(
    ("body", "status"),
    [("while True: pass", -24), ("print(len(bytearray(1 << 30)))", 1), ("bytearray(1 << 26)", 0)],
    ids=["endless", "too large", "allowed"],
)
def test_the_limits_hold(body: str, status: int) -> None:
    script = f"from mobilenetv2.weights.keras.hdf import limit; limit(1 << 28, 1)\n{body}"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert result.returncode == status, result.stderr


@unix
@pytest.mark.parametrize(
    ("name", "message"),
    [("h5_hang_hdf5.h5", "takes more computing"), ("h5_string_claims_3GB.h5", "not a readable")],
)
def test_files_made_to_hurt_are_refused(hostile: Path, name: str, message: str) -> None:
    # In a process of its own: the largest child ever counts, and others' were larger.
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from mobilenetv2.errors import CheckpointError\n"
        "from mobilenetv2.weights.keras.confined import read_confined\n"
        "try:\n"
        "    read_confined(Path(sys.argv[1]))\n"
        "except CheckpointError as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, error)\n"
    )
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, str(hostile / name)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert time.monotonic() - begin < 20  # seconds; 2 on a machine that does nothing else
    kilobytes, told = done.stdout.split(" ", 1)
    assert message in told
    assert int(kilobytes) < 1 << 20
