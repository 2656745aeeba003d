"""Our own engine, as `mobilenetv2.load` gives it to everybody."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt

Run = Callable[[npt.NDArray[Any]], Mapping[str, npt.NDArray[Any]]]


def open_file(path: str, threads: int) -> Run:
    """A function from decoded pixels, uint8 [1, height, width, 3], to the outputs by name.

    Normalising the pixels is part of the time, as no user could leave it out; other engines are
    given their input tensor ready made.

    Args:
        path: a weight file, or a name of the catalogue.
        threads: how many one call may use.
    """
    from mobilenetv2.model import load
    from mobilenetv2.tasks.pixels import Prepared

    model = load(path, threads=threads)

    def run(pixels: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        return model.outputs(Prepared((pixels[0],), pixels.shape[1:3]))

    return run
