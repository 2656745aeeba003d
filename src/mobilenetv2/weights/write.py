"""A safetensors file on the disk, whole or not at all, the same bytes for the same contents.

The safetensors package writes metadata in another order in every process, so that two files of one
network differ. The format itself is a length, a header in JSON, and the arrays one behind another.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix

DTYPES = {
    "uint64": "U64", "int64": "I64", "float64": "F64", "float32": "F32", "uint32": "U32",
    "int32": "I32", "float16": "F16", "uint16": "U16", "int16": "I16", "int8": "I8", "uint8": "U8",
    "bool": "BOOL",
}  # fmt: skip
"""In the order in which the safetensors package writes them: every array lies aligned."""
ALIGNMENT = 8


def write_tensors(
    path: Path, tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write arrays so that `path` is either the old file or the whole new one.

    What is no file, such as /dev/null or a pipe, is written to as it is.

    Raises:
        CheckpointError: the disk refuses, or a text is not Unicode; nothing was changed.
    """
    # Reading must not wait for what only writing needs.
    import tempfile

    temporary = None
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            with path.open("wb") as file:
                _write(file, tensors, metadata)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(path)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
        with os.fdopen(handle, "wb") as file:
            _write(file, tensors, metadata)
        # mkstemp makes files that only their owner can read; a checkpoint is an ordinary file.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except (OSError, UnicodeEncodeError) as error:
        raise CheckpointError(
            f"cannot write {path}: {error}; nothing was changed. Free some space or choose "
            "another folder"
        ) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _write(
    file: IO[bytes], tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    ranks = list(DTYPES)
    order = sorted(tensors, key=lambda name: (ranks.index(tensors[name].dtype.name), name))
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in order:
        array = tensors[name]
        header[name] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        little = tensors[name].astype(tensors[name].dtype.newbyteorder("<"), copy=False)
        file.write(np.ascontiguousarray(little).data)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
