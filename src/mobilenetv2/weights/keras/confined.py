"""HDF5 files through a process that may take no more memory and time than honest ones need."""

import importlib.util
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

from mobilenetv2.errors import CheckpointError, MissingDependencyError
from mobilenetv2.weights.budget import MAX_FILE_BYTES
from mobilenetv2.weights.keras import hdf
from mobilenetv2.weights.keras.hdf import Layers

SPARE_BYTES = 1 << 28
"""What HDF5 may allocate beside eight times the file."""

PATIENCE = 60.0
"""Seconds that may pass; a busy machine may start the process late. Computing is limited first."""

_HEAD = 8


def read_confined(path: Path, content: bytes | None = None) -> tuple[str | None, Layers]:
    """The configuration, as JSON, and the float32 arrays of a Keras HDF5 file.

    Args:
        path: the file.
        content: the HDF5 file itself, where it was packed in `path`.

    Raises:
        CheckpointError: broken, or it asks for more time, memory or arrays than it has bytes for.
        MissingDependencyError: h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        raise MissingDependencyError("h5py", "keras", f"reading {path.name}")
    size = path.stat().st_size if content is None else len(content)
    if size > MAX_FILE_BYTES:
        raise CheckpointError(f"{path} is larger than {MAX_FILE_BYTES} bytes; no MobileNetV2 is")
    source = "-" if content is not None else os.path.abspath(path)  # noqa: PTH100 - "-" is a name too
    command = [sys.executable, "-P", "-m", hdf.__name__, source, str(SPARE_BYTES + 8 * size)]
    try:
        process = subprocess.run(
            command, input=content or b"", capture_output=True, timeout=PATIENCE,
            env=_environment(), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(_endless(path)) from error
    if process.returncode < 0:
        raise CheckpointError(_endless(path))
    if process.returncode or len(process.stdout) < _HEAD:
        reason = process.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CheckpointError(f"{path} cannot be read: {' '.join(reason)[:300]}")
    return _decode(process.stdout, path)


def _environment() -> dict[str, str]:
    # BLAS sets memory aside for each of its threads, and HDF5 locks files that it only reads.
    alone = {"OPENBLAS_NUM_THREADS": "1", "HDF5_USE_FILE_LOCKING": "FALSE"}
    return os.environ | alone | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _endless(path: Path) -> str:
    return (
        f"{path} takes more computing than an HDF5 file of its size can need and was given up; it "
        "is damaged or was made to hang its readers. Save the model anew with model.save(path)"
    )


def _decode(answer: bytes, path: Path) -> tuple[str | None, Layers]:
    (length,) = struct.unpack("<q", answer[:_HEAD])
    header = json.loads(answer[_HEAD : _HEAD + length])
    if "refused" in header:
        raise CheckpointError(f"{path}: {header['refused']}")
    if "broken" in header:
        raise CheckpointError(f"{path} is not a readable HDF5 file: {header['broken']}")
    numbers = np.frombuffer(answer, np.uint8, offset=_HEAD + length).copy().view("<f4")
    found: Layers = {}
    for name, group, shapes in header["layers"]:
        arrays = found.setdefault((name, group), {})
        for variable, shape in shapes.items():
            count = int(np.prod(shape, dtype=np.int64))
            arrays[variable], numbers = numbers[:count].reshape(shape), numbers[count:]
    return header["config"], found
