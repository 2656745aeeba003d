"""Arrays out of a safetensors file, bfloat16 included, which numpy has no type for."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.budget import require_shape
from mobilenetv2.weights.checkpoint import Array

FLOATS = ("F16", "F32", "F64")


def read_safetensors(path: Path) -> dict[str, Array]:
    """Every floating point tensor as float32, in the file's order; integers are left out.

    `safe_open` has checked by then that shapes, types and positions agree with each other and
    with the length of the file, so nothing larger than the file is allocated.

    Raises:
        CheckpointError: not a safetensors file, truncated, or with a header that lies.
    """
    arrays: dict[str, Array] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - not a mapping
                kind = file.get_slice(name).get_dtype()
                if kind in FLOATS:
                    arrays[name] = file.get_tensor(name).astype(np.float32)
                elif kind == "BF16":
                    arrays[name] = _read_bfloat16(path, name)
                elif kind.startswith("F"):
                    raise CheckpointError(
                        f"{name} must be of floats of 16, 32 or 64 bits, got {kind}; save the "
                        "weights anew in bfloat16 or more"
                    )
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"not a readable safetensors file: {error}; download it again, or save the weights "
            "anew with the safetensors library"
        ) from error
    if not arrays:
        raise CheckpointError("the safetensors file holds no floating point tensors")
    return arrays


def _read_bfloat16(path: Path, name: str) -> Array:
    """bfloat16 is the upper half of float32, so its bits move up by 16."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
        require_shape(name, entry["shape"])
        begin, end = entry["data_offsets"]
        file.seek(8 + length + begin)
        halves = np.frombuffer(file.read(end - begin), "<u2")
    values: Array = (halves.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(entry["shape"])
