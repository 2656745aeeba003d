"""Our own package, as anybody asks it of a list of files."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Best = Mapping[str, npt.NDArray[np.int64]]


def open_file(job: str, threads: int) -> Callable[[Sequence[str]], Best]:
    """A function from pictures' files to their best classes.

    Args:
        job: JSON: the model's file or name, and how to decode.
        threads: how many the model may use.
    """
    from mobilenetv2.model import load

    given = json.loads(job)
    model = load(given["model"], threads=threads)

    def run(names: Sequence[str]) -> Best:
        paths = [Path(name) for name in names]
        results = model.predict(paths, top=1, decode=given["decode"])
        return {"best": np.array([one.to_json()["predictions"][0]["index"] for one in results])}  # type: ignore[index]

    return run


def read_input(path: str) -> list[str]:
    """The names in a JSON file."""
    names: list[str] = json.loads(Path(path).read_text("utf-8"))
    return names
