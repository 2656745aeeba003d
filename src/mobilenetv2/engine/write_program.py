"""Writes a program as a file that `program_file` opens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.library import ABI_VERSION
from mobilenetv2.engine.program import ALIGNMENT, Program
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.marks import PROGRAM
from mobilenetv2.weights.write import write_tensors


def write_program(
    program: Program, path: Path, texts: Mapping[str, str], anchors: Array | None = None
) -> None:
    """Write a program so that `path` is either the old file or the whole new one.

    Args:
        program: what `lower` made.
        path: the file.
        texts: the metadata, beside format and version.
        anchors: a detector's, float32 [anchors, 4].

    Raises:
        CheckpointError: the disk refuses; nothing was changed.
    """
    numbers = bytearray()
    for part in program.parts:
        numbers += part.tobytes() + bytes(-part.nbytes % ALIGNMENT)
    tensors: dict[str, npt.NDArray[Any]] = {
        "words": np.array(program.words(), np.int64),
        "numbers": np.frombuffer(numbers, np.uint8),
    }
    if anchors is not None:
        tensors["anchors"] = anchors
    write_tensors(
        path,
        tensors,
        {**texts, "format": PROGRAM, "abi": str(ABI_VERSION)},
    )
