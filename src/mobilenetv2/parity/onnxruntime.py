"""An ONNX file in onnxruntime."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.logits import Images
from mobilenetv2.parity.outputs import compare_outputs
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.onnx.importer import import_onnx
from mobilenetv2.weights.recognize.importer import Imported


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare the file's output in onnxruntime with ours.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: onnxruntime refuses the file, or there are no pictures.
        MissingDependencyError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError("onnxruntime", "onnxruntime", "a parity proof") from error
    imported = import_onnx(Path(path))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3

    def run(image: Pixels) -> list[Array]:
        outputs = session.run(
            None, {source.name: np.repeat(imported.feed.arrange(image), batch, axis=0)}
        )
        kept = imported.network.kept
        used = outputs if kept is None else [outputs[place] for place in kept]
        return [_real(imported, place, values) for place, values in enumerate(used)]

    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        source = session.get_inputs()[0]
        # A file may fix its batch; the first of so many equal pictures is the answer.
        batch = max(1, source.shape[0]) if isinstance(source.shape[0], int) else 1
        return compare_outputs(foreign, imported, images, run, onnxruntime.__version__)
    except ParityError:
        raise
    # onnxruntime's exceptions have no common parent but Exception.
    except Exception as error:
        raise ParityError(f"{path}: onnxruntime cannot run the file: {error}") from error


def _real(imported: Imported, place: int, values: npt.NDArray[Any]) -> Array:
    """One output as [1, height, width, channels], its integers multiplied out."""
    real = np.asarray(values, np.float32)
    quantization = imported.network.output_quantization[place]
    if quantization is not None:
        scale, zero = quantization
        real = (real - np.float32(zero)) * np.float32(scale)
    return imported.network.outputs[place].as_nhwc(real)
