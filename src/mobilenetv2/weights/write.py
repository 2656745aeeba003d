"""A safetensors file on the disk, whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix


def write_tensors(
    path: Path, tensors: Mapping[str, npt.NDArray[Any]], metadata: dict[str, str]
) -> None:
    """Write arrays so that `path` is either the old file or the whole new one.

    Raises:
        CheckpointError: the disk refuses; nothing was changed.
    """
    # Reading must not wait for what only writing needs.
    import tempfile

    from safetensors.numpy import save_file

    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(path)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
        os.close(handle)
        save_file(dict(tensors), temporary, _in_utf_8(metadata))
        # mkstemp makes files that only their owner can read; a checkpoint is an ordinary file.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"cannot write {path}: {error}; nothing was changed. Free some space or choose "
            "another folder"
        ) from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _in_utf_8(metadata: Mapping[str, str]) -> dict[str, str]:
    r"""JSON texts as UTF-8 has them.

    The name of a file or folder may be any bytes. Python hands one that is not UTF-8 out with lone
    surrogates, and so it comes into labels and provenance; within JSON, `\udce9` is the same.
    """
    return {
        key: text.encode("utf-8", "backslashreplace").decode() for key, text in metadata.items()
    }


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
