"""Looks into an HDF5 file for `confined`: run as a process of its own, within limits.

HDF5's C library follows what a file says: twelve kilobytes can keep it busy for ever, deaf to
Ctrl-C, or have it allocate gigabytes for a string. Here it may; the process is ended for it. It
takes the file's path as its argument, or the file itself on stdin for "-", and the bytes that it
may allocate; it answers on stdout (`Answer`).
"""

import io
import json
import re
import struct
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import first_line
from mobilenetv2.weights.other_formats import plain_name

if TYPE_CHECKING:
    import h5py

MAX_CONFIG_BYTES = 16_000_000
"""MobileNetV2's own configuration has 160 kB."""

MAX_DATASETS = 20_000
"""A MobileNetV2 with an optimizer's state has about 800."""

CPU_SECONDS = 1
"""Of computing, the start left out: 14 MB take 0.1 s. More is given to larger files."""
BYTES_A_SECOND = 10_000_000

ORDER = {
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "conv2d": ("kernel", "bias"),
    "depthwise_conv2d": ("kernel", "bias"),
    "dense": ("kernel", "bias"),
    "normalization": ("mean", "variance", "count"),
}
"""Keras 3 numbers a layer's variables; these are their names, by the layer's class."""

NUMBER = re.compile(r"_\d+$")
"""Behind the class of every layer but the first of its class."""

Layers = dict[tuple[str, str], dict[str, npt.NDArray[np.float32]]]
"""Arrays by variable, by (layer name, group); see `KerasLayer`."""


def main(source: str, allowance: str) -> None:
    """Write the answer: the length of a JSON header, the header, the arrays one behind another."""
    import h5py

    content = sys.stdin.buffer.read() if source == "-" else b""
    size = len(content) or Path(source).stat().st_size
    limit(int(allowance), CPU_SECONDS + size // BYTES_A_SECOND)
    try:
        with h5py.File(io.BytesIO(content) if content else source, "r") as root:
            config, found = read(root, size)
    except CheckpointError as error:
        answer({"refused": str(error)}, {})
    # h5py lets every kind of error of a broken file through, down to KeyError and TypeError.
    except Exception as error:  # noqa: BLE001 - goes to whoever asked
        answer({"broken": first_line(error)}, {})
    else:
        answer({"config": config}, found)


def answer(header: dict[str, Any], found: Layers) -> None:
    """Write what was found."""
    header["layers"] = [
        [name, group, {variable: array.shape for variable, array in arrays.items()}]
        for (name, group), arrays in found.items()
    ]
    text = json.dumps(header).encode()
    stream = sys.stdout.buffer
    stream.write(struct.pack("<q", len(text)) + text)
    for arrays in found.values():
        for array in arrays.values():
            stream.write(np.ascontiguousarray(array, "<f4").data)
    stream.flush()


def limit(allowance: int, seconds: int) -> None:
    """Let this process allocate so many bytes more and compute so much longer, where it can."""
    try:
        import resource
    except ImportError:  # Windows; the time that passes is limited all the same
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (total, total + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = Path("/proc/self/statm")
    if pages.exists():
        held = int(pages.read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + allowance, held + allowance))


def read(root: "h5py.File", size: int) -> tuple[str | None, Layers]:
    """The model's configuration, if there is one, and the arrays of its layers.

    Raises:
        CheckpointError: it claims more than the file holds, or points at another file.
    """
    import h5py

    text = root.attrs.get("model_config")
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if not isinstance(text, str):
        text = None
    elif len(text) > MAX_CONFIG_BYTES:
        raise CheckpointError(f"its configuration has {len(text)} letters, {MAX_CONFIG_BYTES} may")
    # A link could lead to another file; only what is in this one is read.
    inside = isinstance(root.get("model_weights", getlink=True), h5py.HardLink)
    return text, _layers(root["model_weights"] if inside else root, size)


def _layers(root: "h5py.Group", size: int) -> Layers:
    """Keras 3 writes `.../<class>_<n>/vars/<i>`, Keras 2 `<layer>/.../<variable>:0`."""
    import h5py

    found: defaultdict[tuple[str, str], dict[str, npt.NDArray[np.float32]]] = defaultdict(dict)
    budget, seen = size, 0

    def visit(place: str, item: object) -> None:
        nonlocal budget, seen
        seen += 1
        if seen > MAX_DATASETS:
            raise CheckpointError(f"it may have {MAX_DATASETS} groups and arrays, it has more")
        if not isinstance(item, h5py.Dataset) or place.startswith("optimizer"):
            return
        if place.startswith("metrics/") and item.parent.name.endswith("/vars"):
            return  # how training went, beside the model's own `layers/`
        where = _where(item, plain_name(place))
        if where is not None and item.dtype.kind == "f":
            budget -= _claimed(item)
            if budget < 0:
                raise CheckpointError(f"its arrays claim more than its {size} bytes")
            name, group, variable = where
            found[name, group][variable] = np.asarray(item[()], np.float32)

    root.visititems(visit)
    return found


def _where(item: "h5py.Dataset", place: str) -> tuple[str, str, str] | None:
    """(layer name, Keras 3's group or Keras 2's outermost layer, variable) of a dataset."""
    *groups, variable = place.split("/")
    if not groups:
        return None
    if groups[-1] != "vars":
        # "kernel:0"; Keras 2 calls a depthwise kernel "depthwise_kernel".
        return groups[-1], groups[0], variable.partition(":")[0].removeprefix("depthwise_")
    variables = ORDER.get(NUMBER.sub("", groups[-2]) if len(groups) > 1 else "", ())
    if variable.isdigit() and int(variable) < len(variables):
        variable = variables[int(variable)]
    # The first releases of Keras 3 do not write the name.
    name = str(item.parent.attrs.get("name", ""))
    return name, "/".join(groups[:-1]), variable


def _claimed(dataset: "h5py.Dataset") -> int:
    """Bytes the array would take; a dataset may not point at other files."""
    if dataset.external or dataset.is_virtual:
        raise CheckpointError(f"{dataset.name} points at another file, which is refused")
    return int(dataset.size) * int(dataset.dtype.itemsize)


if __name__ == "__main__":
    main(*sys.argv[1:])
