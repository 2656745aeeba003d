"""A program whose weights lie in one array: what files hold, and what is easily cut and changed."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.program import ALIGNMENT, Program


def in_one_part(program: Program) -> Program:
    """The same program with all its numbers behind one another."""
    rows = [
        np.frombuffer(part.tobytes() + bytes(-part.nbytes % ALIGNMENT), np.uint8)
        for part in program.parts
    ]
    return replace(program, parts=(np.concatenate(rows),))


def block_of(program: Program) -> npt.NDArray[np.uint8]:
    """The numbers of a program that `in_one_part` made, uint8."""
    (block,) = program.parts
    return block.view(np.uint8)
