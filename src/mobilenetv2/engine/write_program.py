"""Writes a program as a file that `program_file` opens."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mobilenetv2.engine.library import ABI_VERSION
from mobilenetv2.engine.program import ALIGNMENT, Program
from mobilenetv2.weights.marks import PROGRAM
from mobilenetv2.weights.write import write_tensors


def write_program(program: Program, path: Path, texts: Mapping[str, str]) -> None:
    """Write a program so that `path` is either the old file or the whole new one.

    Args:
        program: what `lower` made.
        path: the file.
        texts: the metadata, beside format and version.

    Raises:
        CheckpointError: the disk refuses; nothing was changed.
    """
    numbers = bytearray()
    for part in program.parts:
        numbers += part.tobytes() + bytes(-part.nbytes % ALIGNMENT)
    write_tensors(
        path,
        {
            "words": np.array(program.words(), np.int64),
            "numbers": np.frombuffer(numbers, np.uint8),
        },
        {**texts, "format": PROGRAM, "abi": str(ABI_VERSION)},
    )
