"""A TFLite file in LiteRT, with its XNNPACK kernels as by default."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Run = Callable[[npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]


def open_file(path: str, threads: int) -> Run:
    """A function from the input tensor to the outputs by name, integers as they are stored.

    Args:
        path: a TFLite file.
        threads: num_threads.

    Raises:
        ImportError: ai-edge-litert is not installed.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=threads)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    outputs = [(item["name"], item["index"]) for item in interpreter.get_output_details()]

    def run(images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        interpreter.set_tensor(source, images)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in outputs}

    return run
