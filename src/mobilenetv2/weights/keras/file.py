"""Layers and configuration out of a Keras file: `.keras`, whole-model `.h5`, `.weights.h5`."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import reading
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.keras.confined import read_confined
from mobilenetv2.weights.keras.hdf import MAX_CONFIG_BYTES
from mobilenetv2.weights.other_formats import plain_name
from mobilenetv2.weights.states.side_file import Json, parse_object

MAX_EXPANSION = 4
"""Keras stores entries uncompressed; packed again by hand, float weights gain less than this."""


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
    config: Json = {}
    with reading(path):
        with path.open("rb") as file:
            content = None
            if file.read(4) == b"PK\x03\x04":
                config, content = _unpack(file, path)
        text, found = read_confined(path, content)
        if text is not None:
            config = parse_object(text, f"{path}: model_config")
    if not found:
        raise CheckpointError(f"{path} holds no layers with floating point arrays")
    layers = tuple(KerasLayer(name, group, arrays) for (name, group), arrays in found.items())
    return KerasFile(path, layers, config)


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
