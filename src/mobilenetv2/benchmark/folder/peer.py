"""Another runtime with our weights, its pictures prepared as ours are by the least code."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.benchmark.folder.own import Best
from mobilenetv2.benchmark.folder.own import read_input as read_input

Array = npt.NDArray[Any]


def open_file(job: str, threads: int) -> Callable[[Sequence[str]], Best]:
    """A function from pictures' files to their best classes.

    Args:
        job: JSON: the model, the peer, and its file.
        threads: for the pool and the runtime's own settings.
    """
    from PIL import Image

    from mobilenetv2.export.files import FileTensors, file_tensors
    from mobilenetv2.model import load_checkpoint
    from mobilenetv2.tasks.picture import fit
    from mobilenetv2.tasks.pixels import normalize
    from mobilenetv2.weights.fold import fold_checkpoint

    given = json.loads(job)
    checkpoint = fold_checkpoint(load_checkpoint(given["model"]))
    tensors = FileTensors("nchw", None)
    if given["peer"] != "torch":
        tensors = file_tensors(checkpoint, "onnx")

    def prepare(name: str) -> Array:
        with Image.open(name) as image:
            pixels = np.asarray(fit(image.convert("RGB"), checkpoint.preprocessing))
        return tensors.input(normalize(pixels, checkpoint.preprocessing)[None])

    many = _open(given["peer"], given["file"], threads, prepare)

    def run(names: Sequence[str]) -> Best:
        return {"best": np.array([int(logits.argmax()) for logits in many(names)])}

    return run


def _open(
    peer: str, path: str, threads: int, prepare: Callable[[str], Array]
) -> Callable[[Sequence[str]], list[Array]]:
    if peer == "onnxruntime":
        from mobilenetv2.peers.onnxruntime_pool import open_pool

        return open_pool(path, threads, prepare)
    if peer == "openvino":
        from mobilenetv2.peers.openvino_queue import open_queue

        return open_queue(path, threads, prepare)
    from mobilenetv2.peers.torch_batches import open_batches

    return open_batches(path, threads, prepare)
