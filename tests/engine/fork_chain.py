"""A script: a child of a child of a child, each of which predicts. Prints what each has in use.

fork_chain.py LENGTH FILE
"""

import ctypes
import os
import sys

import numpy as np

import mobilenetv2

PICTURE = np.zeros((9, 9, 3), np.uint8)
FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Allocated(ctypes.Structure):
    """`struct mallinfo2`."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in FIELDS.split())


def kilobytes() -> int:
    """Asked for and not given back, as the C library counts it: what is lost stays in there."""
    count = ctypes.CDLL(None).mallinfo2
    count.restype = Allocated
    found = count()
    return (found.uordblks + found.hblkhd) // 1024


def go_on(model: mobilenetv2.Model, left: int) -> None:
    model.predict(PICTURE)
    print(kilobytes(), flush=True)  # noqa: T201
    if left > 1:
        child = os.fork()
        if not child:
            go_on(model, left - 1)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    go_on(mobilenetv2.load(sys.argv[2], threads=2), int(sys.argv[1]))
