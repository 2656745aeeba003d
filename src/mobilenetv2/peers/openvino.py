"""An ONNX file in OpenVINO, on the processor."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Run = Callable[[npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]


def open_file(path: str, threads: int) -> Run:
    """A function from the input tensor to the outputs by name.

    Args:
        path: an ONNX file.
        threads: INFERENCE_NUM_THREADS.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    import openvino

    settings = {
        # Left alone it computes in bfloat16 wherever the processor can, and says nothing.
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
    }
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    request = compiled.create_infer_request()
    names = [output.get_any_name() for output in compiled.outputs]

    def run(images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        # Shared memory on both sides spares it two copies.
        found = request.infer([images], share_inputs=True, share_outputs=True)
        return {name: found[place] for place, name in enumerate(names)}

    return run
