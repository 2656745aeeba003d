"""A checkpoint as the bytes of its own file: how a model that has none gets somewhere else."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

_NAME = "carried.safetensors"


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """What `store.save` writes; float32 and integers stay what they are.

    Raises:
        CheckpointError: weights that are not finite, or no room for temporary files.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / _NAME
        store.save(checkpoint, path)
        return path.read_bytes()


def from_bytes(content: bytes) -> Checkpoint:
    """The checkpoint that `to_bytes` was given, read and checked like any file.

    Raises:
        CheckpointError: it is no such thing, or there is no room for temporary files.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / _NAME
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CheckpointError(
                f"a model that came without a file needs {len(content)} bytes for a moment in "
                f"{folder}: {error.strerror or error}. Free some space, or set TMPDIR"
            ) from error
        return store.load(path)
