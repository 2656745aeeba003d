"""Our own engine with a program file: the shortest way from a process's start to an answer."""

import ast
from collections.abc import Callable, Mapping

Run = Callable[[bytes], Mapping[str, list[float]]]


def open_file(path: str, threads: int) -> Run:
    """A function from decoded pixels, uint8 [height, width, 3], to the logits.

    Args:
        path: a program file.
        threads: how many one call may use.
    """
    from mobilenetv2.engine.compiled import CompiledClassifier

    classifier = CompiledClassifier(path, threads)
    return lambda pixels: {"logits": classifier.logits(pixels)}


def read_input(path: str) -> bytes:
    """The pixels of a .npy file of version 1, uint8 [1, height, width, 3], without numpy."""
    with open(path, "rb") as file:  # noqa: PTH123 - light imports
        magic = file.read(8)
        header = ast.literal_eval(file.read(int.from_bytes(file.read(2), "little")).decode())
        if magic != b"\x93NUMPY\x01\x00" or header["descr"] != "|u1" or header["fortran_order"]:
            raise ValueError(f"{path} must hold bytes in C order, got {header}")
        return file.read()
