"""The same checkpoint gives the same bytes, whichever process writes it, in every format."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert")
pytest.importorskip("onnx")

WRITE = """
import sys
from pathlib import Path
from mobilenetv2.export.files import write_files
from mobilenetv2.export.interface import DETECTIONS
from mobilenetv2.weights import store
from mobilenetv2.weights.fold import fold_checkpoint
from tests.peculiar import peculiar, peculiar_integers

folder = Path(sys.argv[1])
store.save(peculiar("classifier"), folder / "floats.safetensors")
store.save(peculiar("classifier"), folder / "half.safetensors", "float16")
store.save(peculiar_integers("classifier"), folder / "integers.safetensors")
for name, checkpoint in (
    ("floats", fold_checkpoint(peculiar("SSDLite"))), ("integers", peculiar_integers("SSDLite"))
):
    write_files(checkpoint, folder / f"{name}.onnx")
    write_files(checkpoint, folder / f"{name}.tflite")
    write_files(checkpoint, folder / f"{name}-boxes.tflite", DETECTIONS)
write_files(fold_checkpoint(peculiar("DeepLab")), folder / "floats.param")
"""


def written(folder: Path, seed: str) -> dict[str, str]:
    """Digests of what a process of its own writes."""
    folder.mkdir()
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONHASHSEED": seed}
    environment["PYTHONPATH"] = os.pathsep.join([str(root / "src"), str(root)])
    command = [sys.executable, "-c", WRITE, str(folder)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def test_two_processes_write_the_same_bytes(tmp_path):
    first, second = (written(tmp_path / seed, seed) for seed in ("1", "2"))
    assert len(first) == 11
    assert first == second
