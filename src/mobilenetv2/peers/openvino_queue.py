"""An ONNX file in OpenVINO's asynchronous queue: how it answers many pictures."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def open_queue(
    path: str, threads: int, prepare: Callable[[str], Array]
) -> Callable[[Sequence[str]], list[Array]]:
    """A function from pictures' files to the first output for each.

    Pictures are decoded on as many threads as infer, and handed to the queue as they are ready; its
    number of streams and of requests is what OpenVINO chooses for throughput.

    Args:
        path: an ONNX file.
        threads: INFERENCE_NUM_THREADS.
        prepare: from a file to the input tensor.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    import openvino

    settings = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": "f32",  # see `openvino`
        "INFERENCE_NUM_THREADS": threads,
    }
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    queue = openvino.AsyncInferQueue(compiled)

    def many(names: Sequence[str]) -> list[Array]:
        found: dict[int, Array] = {}

        def keep(request: Any, place: int) -> None:  # noqa: ANN401 - OpenVINO's own
            found[place] = request.get_output_tensor(0).data.copy()

        queue.set_callback(keep)
        with ThreadPoolExecutor(threads) as pool:
            for place, tensor in enumerate(pool.map(prepare, names)):
                queue.start_async([tensor], place)
        queue.wait_all()
        return [found[place] for place in range(len(names))]

    return many
