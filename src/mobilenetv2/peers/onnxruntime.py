"""An ONNX file in onnxruntime."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Run = Callable[[npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]

ERRORS_ONLY = 3


def open_file(path: str, threads: int) -> Run:
    """A function from the input tensor to the outputs by name.

    All else is at its default (graph optimisation, memory arena, spinning threads), but int8
    files are computed exactly on every processor.

    Args:
        path: an ONNX file.
        threads: intra_op_num_threads.

    Raises:
        ImportError: onnxruntime is not installed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Without it processors without VNNI add int8 products in 16 bits, overflow, and answer wrongly.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = ERRORS_ONLY
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]

    def run(images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        return dict(zip(names, session.run(None, {source: images}), strict=True))

    return run
