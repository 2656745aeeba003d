"""An ONNX file in onnxruntime, asked by a pool of threads: how it answers many pictures."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy.typing as npt

from mobilenetv2.peers.onnxruntime import open_file

Array = npt.NDArray[Any]


def open_pool(
    path: str, threads: int, prepare: Callable[[str], Array]
) -> Callable[[Sequence[str]], list[Array]]:
    """A function from pictures' files to the first output for each.

    One session serves all threads, with one thread in it for each call: faster here than one call
    after another on all of them.

    Args:
        path: an ONNX file.
        threads: pictures at once.
        prepare: from a file to the input tensor.

    Raises:
        ImportError: onnxruntime is not installed.
    """
    run = open_file(path, 1)

    def one(name: str) -> Array:
        found: Array = next(iter(run(prepare(name)).values()))
        return found

    def many(names: Sequence[str]) -> list[Array]:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, names))

    return many
