"""A .param file and the .bin beside it in ncnn, on the processor."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Run = Callable[[npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]


def open_file(path: str, threads: int) -> Run:
    """A function from the input tensor to the outputs by name, without the axis of the batch.

    Args:
        path: a .param file; the weights lie beside it under the same name with .bin.
        threads: num_threads; all other options are at their defaults.

    Raises:
        ImportError: ncnn is not installed.
        OSError: ncnn refuses the files.
    """
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    if net.load_param(path) or net.load_model(path.removesuffix(".param") + ".bin"):
        raise OSError(f"ncnn refuses {path}")
    source, names = net.input_names()[0], list(net.output_names())

    def run(images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        extractor = net.create_extractor()
        extractor.input(source, ncnn.Mat(images[0]))
        return {name: np.array(extractor.extract(name)[1]) for name in names}

    return run
