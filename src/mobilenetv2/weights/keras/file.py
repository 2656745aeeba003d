"""Layers and configuration out of a Keras file: `.keras`, whole-model `.h5`, `.weights.h5`."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mobilenetv2.errors import CheckpointError, MissingDependencyError
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.other_formats import plain_name
from mobilenetv2.weights.states.side_file import Json, parse_object

if TYPE_CHECKING:
    import h5py

MAX_CONFIG_BYTES = 16_000_000
"""MobileNetV2's own configuration has 160 kB."""

MAX_EXPANSION = 4
"""Keras stores entries uncompressed; packed again by hand, float weights gain less than this."""

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


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """One layer's arrays, float32, under Keras' names: kernel, bias, gamma, moving_mean ..."""

    name: str
    """As the model's author named it; empty where the file does not say."""
    group: str
    """Keras 3: the path to its class in snake case and number ("layers/conv2d_3"); Keras 2: the
    outermost layer it is in, which is itself unless models are nested."""
    arrays: Mapping[str, Array] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KerasFile:
    """What a file says: layers that hold arrays, and the model's configuration if it has one."""

    path: Path
    layers: tuple[KerasLayer, ...]
    config: Json = field(repr=False)

    @property
    def nested(self) -> bool:
        """Whether the network is a model inside another one."""
        return any(layer.group.count("/") > 1 for layer in self.layers) or any(
            "/" not in layer.group and not layer.name.startswith(layer.group)
            for layer in self.layers
        )


def read_keras_file(path: str | Path) -> KerasFile:
    """Read arrays and configuration; nothing is built and nothing in the file is executed.

    Raises:
        CheckpointError: unreadable, truncated, or claiming more than the file holds.
        MissingDependencyError: h5py is not installed.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                config, weights = _unpack(file, path)
                return _read_hdf(io.BytesIO(weights), len(weights), path, config)
            return _read_hdf(file, path.stat().st_size, path, {})
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"{path} is not a readable Keras file: {error}") from error


def _unpack(file: BinaryIO, path: Path) -> tuple[Json, bytes]:
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {plain_name(entry.filename): entry for entry in archive.infolist()}
            sizes = {name: entry.file_size for name, entry in entries.items()}
            if "config.json" not in sizes or "model.weights.h5" not in sizes:
                raise CheckpointError(
                    f"{path}: a .keras file has config.json and model.weights.h5, this one has "
                    f"{sorted(sizes)[:5]}. Save the model anew with model.save(path)"
                )
            limits = {"config.json": MAX_CONFIG_BYTES, "model.weights.h5": MAX_EXPANSION * size}
            for name, limit in limits.items():
                if sizes[name] > limit:
                    raise CheckpointError(
                        f"{path}: {name} may unpack to {limit} bytes, it claims {sizes[name]}"
                    )
            config = parse_object(archive.read(entries["config.json"]), f"{path}: config.json")
            return config, archive.read(entries["model.weights.h5"])
    except CheckpointError:
        raise
    # A directory of random bytes makes zipfile raise almost anything, UnicodeDecodeError included.
    except Exception as error:
        raise CheckpointError(f"{path} is a damaged archive, download it again: {error}") from error


def _read_hdf(file: BinaryIO, size: int, path: Path, config: Json) -> KerasFile:
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError("h5py", "keras", f"reading {path.name}") from error
    try:
        with h5py.File(file, "r") as root:
            # HDF5 allocates what a string claims before it finds a lie: 4 GB at most, by its
            # 32-bit length. Arrays are counted here before they are read.
            text = root.attrs.get("model_config")
            if isinstance(text, str | bytes):
                config = parse_object(text, f"{path}: model_config")
            # A link could lead to another file; only what is in this one is read.
            inside = isinstance(root.get("model_weights", getlink=True), h5py.HardLink)
            layers = _layers(root["model_weights"] if inside else root, size, path)
    except CheckpointError:
        raise
    # h5py lets every kind of error of a broken file through, down to KeyError and TypeError.
    except Exception as error:
        raise CheckpointError(f"{path} is not a readable HDF5 file: {error}") from error
    if not layers:
        raise CheckpointError(f"{path} holds no layers with floating point arrays")
    return KerasFile(path, tuple(layers), config)


def _layers(root: "h5py.Group", size: int, path: Path) -> list[KerasLayer]:
    """Keras 3 writes `.../<class>_<n>/vars/<i>`, Keras 2 `<layer>/.../<variable>:0`."""
    import h5py

    found: defaultdict[tuple[str, str], dict[str, Array]] = defaultdict(dict)
    budget = size

    def visit(place: str, item: object) -> None:
        nonlocal budget
        if not isinstance(item, h5py.Dataset) or place.startswith("optimizer"):
            return
        where = _where(item, plain_name(place))
        if where is not None and item.dtype.kind == "f":
            budget -= _claimed(item, path)
            if budget < 0:
                raise CheckpointError(f"{path}: its arrays claim more than its {size} bytes")
            name, group, variable = where
            found[name, group][variable] = np.asarray(item[()], np.float32)

    root.visititems(visit)
    return [KerasLayer(name, group, arrays) for (name, group), arrays in found.items()]


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


def _claimed(dataset: "h5py.Dataset", path: Path) -> int:
    """Bytes the array would take; a dataset may not point at other files."""
    if dataset.external or dataset.is_virtual:
        raise CheckpointError(f"{path}: {dataset.name} points at another file, which is refused")
    return int(dataset.size) * int(dataset.dtype.itemsize)
