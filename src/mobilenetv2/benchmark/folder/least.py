"""What answering a folder takes at least: Pillow's decoding alone, and the network alone.

On one thread, one after the other: the processor time that all else is compared with.
"""

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mobilenetv2.benchmark.folder.own import read_input as read_input

Nothing = Mapping[str, npt.NDArray[np.int64]]


def open_file(job: str, threads: int) -> Callable[[Sequence[str]], Nothing]:
    """A function that decodes files, or runs the network once for each.

    Args:
        job: JSON: the model, and which "part" to do: "decode" or "network".
        threads: 1.
    """
    from PIL import Image

    from mobilenetv2.model import load
    from mobilenetv2.tasks.pixels import Prepared

    given = json.loads(job)
    model = load(given["model"], threads=threads)
    height, width = model.checkpoint.spec.size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    prepared = Prepared((pixels,), (height, width))

    def decode(name: str) -> None:
        with Image.open(name) as image:
            image.load()

    def run(names: Sequence[str]) -> Nothing:
        for name in names:
            if given["part"] == "decode":
                decode(name)
            else:
                model.outputs(prepared)
        return {"best": np.zeros(0, np.int64)}

    return run
